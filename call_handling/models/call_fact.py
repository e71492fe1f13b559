from odoo import api, models

from ..tools import to_e164

# Nothing of the chatter's machinery on the way of an event.
QUIET = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_activity_automation_skip": True,
    "call_handling_automatic": True,
}

# Fields of `adapters.fold.CallState` that stand on the call under the same name.
SAME_ON_CALL = (
    "direction",
    "state",
    "outcome",
    "remote_name",
    "is_anonymous",
    "queue",
    "wait_seconds",
    "talk_seconds",
    "is_end_assumed",
)
DATES_OF_CALL = ("date_start", "date_answer", "date_end")
SAME_ON_LEG = ("extension", "outcome", "hold_seconds")
DATES_OF_LEG = ("date_ring", "date_answer", "date_end")

# Of a private call, nothing else is told.
LIFE_OF_CALL = ("state", "outcome", "wait_seconds", "talk_seconds", "is_end_assumed")

# All that is compared, so that each table is read once.
READ_OF_CALL = (
    "pbx_ref",
    *SAME_ON_CALL,
    *DATES_OF_CALL,
    "remote_number",
    "partner_id",
    "line_number",
    "line_id",
    "company_id",
    "user_id",
    "match",
    "by_hand",
    "rule_marks",
    "rule_makes",
    "made",
    "attached",
    "partner_id",
    "project_id",
    "task_id",
    "meeting_id",
    "is_work_due",
    "reported",
    "pbx_id",
    "call_type",
    "is_private",
    "is_blocked",
    "callback_id",
    "category_id",
    "project_id",
    "is_time_wanted",
    "time_made",
)
READ_OF_LEG = ("call_id", "leg_ref", "user_id", *SAME_ON_LEG, *DATES_OF_LEG)


def naive(moment):
    """A moment as Odoo keeps it: UTC without saying so."""
    return moment.replace(tzinfo=None) if moment else False


class CallFact(models.AbstractModel):
    """Writes what has happened, as the fold tells it, and only what is new of it."""

    _name = "call.fact"
    _description = "Facts of Calls"

    @api.model
    def _apply(self, pbx, states):
        """Bring calls and their phones in line with what happened.

        :param call.pbx pbx: the telephone system
        :param list states: `adapters.fold.CallState`
        :return: calls that are new, or of which state, outcome or number have changed
        :rtype: call.call
        """
        Call = self.env["call.call"].with_context(**QUIET)
        refs = [state.ref for state in states]
        domain = [("pbx_id", "=", pbx.id), ("pbx_ref", "in", refs)]
        known = {call.pbx_ref: call for call in Call.search_fetch(domain, READ_OF_CALL, order="id")}
        legs_by_call = self._fetch_legs(known.values())
        news = Call
        for state in states:
            call = known.get(state.ref, Call)
            before = self._get_news(call)
            legs = legs_by_call.get(call.id, {})
            call = self._write_call(pbx, call, legs, state)
            touched = set()
            if call and not call.is_private:
                touched = self._write_legs(pbx, call, legs, state.legs)
            if touched and call.time_made:
                call._note_work()  # the phones alone tell how long each has spoken
            if self._get_news(call) != before:
                news += call
            if call and (touched or call.state != before[0]):
                call._tell_people(state.legs, touched)
        return news

    @api.model
    def _get_news(self, call):
        """What of a call others must hear of when it changes."""
        return call.state, call.outcome, call.remote_number

    @api.model
    def _fetch_legs(self, calls):
        """Rows of the phones, by call and reference, in one query."""
        by_call = {}
        if ids := [call.id for call in calls]:
            rows = self.env["call.leg"].search_fetch(
                [("call_id", "in", ids)], READ_OF_LEG, order="id"
            )
            for row in rows:
                by_call.setdefault(row.call_id.id, {})[row.leg_ref] = row
        return by_call

    @api.model
    def _write_call(self, pbx, call, legs, state):
        if call.is_private:
            return self._write_private(pbx, call, state)
        values = self._prepare_call_values(pbx, state)
        if call:
            values = self._only_changed(call, call._keep_corrections(values))
        values |= self._prepare_derived_values(pbx, call, legs, state, values)
        if not call:
            call = call.create(values | {"pbx_id": pbx.id, "pbx_ref": state.ref})
        elif values:
            call.write(values)
        if values:
            call = call._take_out_if_private(pbx, state)._sort()
        return call

    @api.model
    def _write_private(self, pbx, call, state):
        """News of a private call: how far it is, and whose. Nothing of the other side."""
        values = {name: getattr(state, name) or False for name in LIFE_OF_CALL}
        values |= {name: naive(getattr(state, name)) for name in DATES_OF_CALL}
        owners = self.env["call.extension"]._get_owners(pbx.id)
        phones = {leg.ref: leg.extension.lower() for leg in state.legs}
        if user_id := owners.get(phones.get(state.speaker)):
            values["user_id"] = user_id
        if values := self._only_changed(call, values):
            call.write(values)
        self.env["call.event"]._mask(call)
        return call

    @api.model
    def _prepare_call_values(self, pbx, state):
        """What the fold tells, as values of `call.call`."""
        values = {name: getattr(state, name) or False for name in SAME_ON_CALL}
        values |= {name: naive(getattr(state, name)) for name in DATES_OF_CALL}
        values["remote_number"] = self._get_number(pbx, state.remote_number)
        values["line_number"] = self._get_number(pbx, state.line_number)
        if self._is_extension(pbx, values["remote_number"]):
            values["direction"] = "internal"
        return values

    @api.model
    def _prepare_derived_values(self, pbx, call, legs, state, changed):
        """What follows from what has changed: whose call it is, and who the other side is."""
        values = self.env["call.assignment"]._prepare_values(pbx, call, legs, state, changed)
        company = self.env["res.company"].browse(values.get("company_id")) or call.company_id
        if changed.keys() & {"remote_number", "direction"} or company != call.company_id:
            number = changed.get("remote_number", call.remote_number)
            direction = changed.get("direction", call.direction)
            values |= call._prepare_block_values(number, direction, company)
            if call.match != "manual":
                values |= self._prepare_match_values(pbx, number, direction, company)
        return values

    @api.model
    def _prepare_match_values(self, pbx, number, direction, company):
        if direction != "internal":
            return self.env["call.number"]._prepare_match_values(number, company)
        user_id = self.env["call.extension"]._get_owners(pbx.id).get((number or "").lower())
        colleague_sudo = self.env["res.users"].browse(user_id or []).sudo().partner_id
        return {"partner_id": colleague_sudo.id, "match": "number" if colleague_sudo else "none"}

    # --- phones ----------------------------------------------------------------------

    @api.model
    def _write_legs(self, pbx, call, rows, legs):
        """Bring the rows of the phones in line with what they did.

        :return: references of the phones of which something is new
        :rtype: set[str]
        """
        owners = self.env["call.extension"]._get_owners(pbx.id)
        rows, new, touched = dict(rows), [], set()
        for leg in legs:
            values = self._prepare_leg_values(leg, owners)
            if row := rows.pop(leg.ref, None):
                if values := self._only_changed(row, values):
                    row.write(values)
                    touched.add(leg.ref)
            else:
                new.append(values | {"call_id": call.id, "leg_ref": leg.ref})
                touched.add(leg.ref)
        if new:
            self.env["call.leg"].create(new)
        for row in rows.values():
            row.unlink()
        return touched | rows.keys()

    @api.model
    def _prepare_leg_values(self, leg, owners):
        values = {name: getattr(leg, name) or False for name in SAME_ON_LEG}
        values |= {name: naive(getattr(leg, name)) for name in DATES_OF_LEG}
        return values | {"user_id": owners.get(leg.extension.lower(), False)}

    # --- helpers ---------------------------------------------------------------------

    @api.model
    def _only_changed(self, record, values):
        """The values that differ from the record's."""
        return {
            name: value
            for name, value in values.items()
            if value != record._fields[name].convert_to_write(record[name], record)
        }

    @api.model
    def _get_number(self, pbx, sent):
        """A number in E.164, or as sent where it is none; extensions stay what they are.

        :rtype: str | Literal[False]
        """
        if not sent or self._is_extension(pbx, sent):
            return sent or False
        return to_e164(sent, pbx._get_region()) or sent

    @api.model
    def _is_extension(self, pbx, number):
        return bool(number) and number.lower() in self.env["call.extension"]._get_owners(pbx.id)
