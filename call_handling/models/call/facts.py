import itertools

from psycopg2.extensions import ISOLATION_LEVEL_READ_COMMITTED

from odoo import api, fields, models
from odoo.exceptions import ConcurrencyError
from odoo.tools import SQL

from ...adapters.fold import CallState, LegState, fold_calls
from ...intake import Intake
from ...tools import lock_key_sql

STATE_FIELDS = frozenset(CallState.__dataclass_fields__)
LEG_FIELDS = frozenset(LegState.__dataclass_fields__)


def _to_field_value(value):
    """Return a value of the fold as fields take it: times in UTC without a zone."""
    return value.replace(tzinfo=None) if hasattr(value, "tzinfo") else value or False


class CallCall(models.Model):
    """Writes what has happened, as the fold computed it, and only what is new about it."""

    _inherit = "call.call"

    reported_values = fields.Json(
        copy=False,
        readonly=True,
        export_string_translation=False,
        help="What the telephone system reported about the fields that a person has corrected.",
    )

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_lock(self, intake, refs):
        """Wait until no other transaction works on these calls, or on calls that may be the same
        conversation. Always in the same order, so that two batches never wait for each other.

        :param intake.Intake intake: whose calls they are
        :param refs: references of the calls
        :return: what was locked: the references, and all names that are reached from them; and
            whether somebody has clicked to dial shortly before
        :rtype: tuple[set[str], bool]
        """
        self.env.cr.execute(
            SQL(
                """
                WITH RECURSIVE %s
                SELECT name, pg_advisory_xact_lock(key), %s
                  FROM (SELECT name, %s AS key FROM reached ORDER BY key) AS in_order
                """,
                self.env["call.event"]._get_reached_sql(intake.pbx, refs),
                self.env["call.dial"]._get_pending_sql(intake.pbx),
                self._get_lock_key_sql(intake.pbx, SQL("name")),
            )
        )
        rows = self.env.cr.fetchall()
        return {name for name, _locked, _was_dialled in rows}, rows[0][2]

    def _lock_out_events(self):
        """Keep the events of the call waiting until the end of the transaction, and make sure that
        all of those that came before are seen.

        :raise ConcurrencyError: an event has come after this transaction began; try again
        """
        self.ensure_one()
        if not self.pbx_id:
            return
        refs = self.env["call.event"]._get_refs_of(self)
        self._intake_lock(Intake(self.pbx_id), refs)
        if self.env.cr.connection.isolation_level == ISOLATION_LEVEL_READ_COMMITTED:
            return
        if not self.env.registry.ready:
            return  # while the app is installed, other transactions do not see its tables
        # This transaction sees what there was when it began; another one sees what there is now.
        stored = SQL(
            "SELECT id FROM call_event WHERE pbx_id = %s AND call_ref = ANY(%s)",
            self.pbx_id.id,
            sorted(refs),
        )
        self.env.cr.execute(stored)
        seen = set(self.env.cr.fetchall())
        with self.env.registry.cursor() as cr:
            cr.execute(stored)
            if set(cr.fetchall()) - seen:
                raise ConcurrencyError("An event of the call has just arrived.")

    @api.model
    def _intake_fold(self, intake, history):
        """Compute what happened.

        :param intake.Intake intake: whose calls they are
        :param history: the stored events, as `call.event._load` returns them
        :rtype: list[adapters.fold.CallState]
        """
        events = itertools.chain.from_iterable(history.events.values())
        return fold_calls(events, intake.adapter.settings)

    @api.model
    def _intake_write(self, draft):
        """Set what the telephone system reports, as far as it is new.

        :param intake.draft.Draft draft: the call as it was, and what happened
        """
        call = draft.call
        if call.is_private:
            draft.values = call._only_changed(self._prepare_private_facts(draft))
            return
        facts = self._prepare_facts(draft, draft.state)
        if call:
            facts = call._leave_out_reread(facts, draft)
        draft.values = call._only_changed(call._keep_corrections(facts)) if call else facts
        if not call or "line_number" in draft.values:
            number = draft.values.get("line_number")
            draft.line = draft.intake.recall(
                ("line", number), lambda: self._find_line(draft.intake, number)
            )
            draft.set_unless_manual("line_id", draft.line.id)
            company = draft.line.company_id or draft.intake.company
            draft.values["company_id"] = company.id
        if not call:
            draft.values["pbx_id"] = draft.intake.pbx.id

    @api.model
    def _intake_save(self, drafts):
        """Create the calls or write what is new, with their phones: those that are new together.

        :param list drafts: `intake.draft.Draft` of all calls of the request
        """
        known = [draft for draft in drafts if draft.call]
        new = [draft for draft in drafts if not draft.call]
        for draft in known:
            draft.call._write_facts(draft)
        if new:
            calls = self.create([draft.values for draft in new])
            for draft, call in zip(new, calls, strict=True):
                draft.call = call
        shown = [draft for draft in drafts if not draft.call.is_private]
        if legs := [leg for draft in shown for leg in draft.call._write_legs(draft)]:
            self.env["call.leg"].create(legs)

    # === BUSINESS METHODS === #

    @api.model
    def _find_line(self, intake, number):
        """Return the own number that was dialled or is shown.

        :param intake.Intake intake: of the telephone system
        :param number: in E.164, or as sent; may be empty
        :rtype: call.line
        """
        readings = intake.pbx._get_readings(number) if number else None
        return self.env["call.line"]._find(number, intake.company, readings)

    def _write_facts(self, draft):
        """Write what is new about a call that is stored."""
        if self.is_private:
            # whatever another addon has added
            allowed = self._get_fields_with("when_private")
            draft.values = {name: draft.values[name] for name in allowed if name in draft.values}
        if draft.was_ended and not draft.is_joined:
            draft.changes = set(self._only_changed(draft.values))
        if draft.values:
            self.write(draft.values)

    def _get_known_numbers(self):
        """Return the numbers by which the call is known: the current one and, if a person has
        corrected it, the one that was reported.

        :rtype: set[str]
        """
        self.ensure_one()
        reported = (self.reported_values or {}).get("remote_number")
        return {number for number in (self.remote_number, reported) if number}

    @api.model
    def _fetch_for_intake(self, call_ids):
        """Return calls with their values, in one query: every event needs it, so what it does not
        need has the attribute ``prefetch=False``.

        :param call_ids: ids of the calls
        :rtype: call.call
        """
        return self.search_fetch([("id", "in", list(call_ids))], order="id")

    @api.model
    def _get_lock_key_sql(self, pbx, ref):
        """Return the key of the lock of a call, as an expression.

        :param call.pbx pbx: the telephone system
        :param ref: its reference of the call, or an expression for it
        :rtype: odoo.tools.SQL
        """
        return lock_key_sql("call.call", pbx.id, ref)

    def _try_lock(self):
        """Keep the events of the call waiting until the end of the transaction.

        :return: whether it succeeded; not while an event changes the call
        :rtype: bool
        """
        self.ensure_one()
        key = self._get_lock_key_sql(self.pbx_id, self.pbx_ref)
        self.env.cr.execute(SQL("SELECT pg_try_advisory_xact_lock(%s)", key))
        return self.env.cr.fetchone()[0]

    @api.model
    def _prepare_facts(self, draft, state):
        """Return what the fold computed, as values of the fields with the same names.

        :param intake.draft.Draft draft: the call as it was
        :param adapters.fold.CallState state: what happened
        :rtype: dict
        """
        intake, start = draft.intake, state.date_start
        names = STATE_FIELDS.intersection(self._get_fields_with("reported"))
        facts = {name: _to_field_value(getattr(state, name)) for name in names}
        is_dialled = state.direction == "outgoing"
        facts["remote_number"] = intake.normalize(state.remote_number, start, is_dialled)
        facts["line_number"] = intake.normalize(state.line_number, start)
        facts["pbx_ref"] = state.ref
        if intake.is_extension(facts["remote_number"], start):
            facts["direction"] = "internal"
        return facts

    def _leave_out_reread(self, facts, draft):
        """Leave out what is only read differently now: extensions, or how numbers are written,
        may have been changed since it was recorded.

        :param dict facts: as :meth:`_prepare_facts` returns them
        :param intake.draft.Draft draft: the call as it was, and what happened
        :rtype: dict
        """
        known = self.reported_values or {}
        names = self._get_fields_with("read_by_settings")
        differing = {name for name in names if facts[name] != known.get(name, self[name])}
        if not differing or draft.is_peer_decided or not draft.state_before:
            return facts
        before = self._prepare_facts(draft, draft.state_before)
        same = {name for name in differing if facts[name] == before[name]}
        return {name: value for name, value in facts.items() if name not in same}

    @api.model
    def _prepare_private_facts(self, draft):
        """Return what may still be written about a private call: its progress, and whose it is.

        :rtype: dict
        """
        names = STATE_FIELDS.intersection(self._get_fields_with("when_private", "update"))
        facts = {name: _to_field_value(getattr(draft.state, name)) for name in names}
        facts["pbx_ref"] = self.env["call.event"]._get_stored_name(draft.call, draft.state.ref)
        user_id = draft.get_speaker_id()
        if user_id and (not draft.call.user_id or self._is_person_new(draft)):
            facts |= {"user_id": user_id, "reported_user_id": user_id}
        return facts

    def _keep_corrections(self, facts):
        """Let corrections by people stand, and keep what is reported beside them.

        :param dict facts: what the telephone system reports
        :return: the values to write
        :rtype: dict
        """
        known = self.reported_values or {}
        corrected = facts.keys() & known.keys()
        news = known | {name: self._to_json(name, facts[name]) for name in corrected}
        facts = {name: value for name, value in facts.items() if name not in corrected}
        return facts | ({"reported_values": news} if news != known else {})

    def _to_json(self, name, value):
        """Return the value of a field as JSON can store it and ``write`` accepts it."""
        return fields.Datetime.to_string(value) if name.startswith("date_") else value

    def _write_legs(self, draft):
        """Bring the rows of the phones in line with what they did, and note on the draft about
        which of them something is new.

        :return: the values of the rows that have to be created
        :rtype: list[dict]
        """
        self.ensure_one()
        rows, new, changed = dict(draft.legs), [], set()
        for leg in draft.state.legs:
            values = self._prepare_leg_values(leg, draft)
            if row := rows.pop(leg.ref, None):
                values = self._only_changed(values, row)
                if "number" in values and self._is_number_reread(leg, draft):
                    del values["number"]
                if values:
                    row.write(values)
                    changed.add(leg.ref)
            else:
                new.append(values | {"call_id": self.id, "leg_ref": leg.ref})
                changed.add(leg.ref)
        for row in rows.values():
            row.unlink()
        draft.changed_legs = changed | rows.keys()
        if draft.changes is not None and draft.changed_legs:
            draft.changes.add("leg_ids")
        return new

    @api.model
    def _is_number_reread(self, leg, draft):
        """Return whether the same number was reported before, and is only read differently now."""
        before = draft.state_before.legs if draft.state_before else ()
        return any(known.ref == leg.ref and known.number == leg.number for known in before)

    @api.model
    def _prepare_leg_values(self, leg, draft):
        names = LEG_FIELDS.intersection(self.env["call.leg"]._get_fields_with("reported"))
        values = {name: _to_field_value(getattr(leg, name)) for name in names}
        values["number"] = draft.intake.normalize(leg.number, draft.state.date_start)
        return values | self._get_leg_owner(leg, draft)._asdict()

    @api.model
    def _get_leg_owner(self, leg, draft):
        """Return whose phone it was, with the employee whom the user was for the call.

        :param adapters.fold.LegState leg: the phone
        :param intake.draft.Draft draft: the call with its new facts
        :rtype: intake.draft.Owner
        """
        owner, row = draft.get_owner(leg), draft.legs.get(leg.ref)
        if not owner.user_id:
            return owner
        if row and row.user_id.id == owner.user_id:
            return owner._replace(employee_id=row.employee_id.id)
        users = {one.user_id for one in draft.get_owners().values()} - {False}
        employee_id, _department = draft.get_places(users).get(
            owner.user_id, (owner.employee_id, False)
        )
        return owner._replace(employee_id=employee_id)

    def _only_changed(self, values, record=None):
        """Return the values that differ from those of a record, by default the call."""
        record = self if record is None else record
        return {
            name: value
            for name, value in values.items()
            if value != record._fields[name].convert_to_write(record[name], record)
        }
