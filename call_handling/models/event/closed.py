from dataclasses import replace

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from ...adapters.reasons import Reason, Why


class CallEvent(models.Model):
    """Events of calls that are closed: their earlier events were deleted, so what happened can
    not be computed any more. What arrives later is stored and marked, and changes nothing."""

    _inherit = "call.event"

    # === ON THE WAY OF AN EVENT === #

    @api.model
    def _read_closed(self, rows, hidden):
        """Return the ids of closed calls by their references, as sent and as stored.

        :param rows: of :meth:`_load`
        :param dict hidden: names, by what replaces them
        :rtype: dict[str, int]
        """
        closed = {name: call_id for name, _, _, _, call_id, *_, is_closed in rows if is_closed}
        return closed | {hidden[name]: closed[name] for name in hidden.keys() & closed.keys()}

    @api.model
    def _set_aside_late(self, intake, history):
        """Leave events out that have come too late, and mark them.

        An unknown reference that leads to a closed call belongs to it. A call of its own does not
        become part of a closed one.

        :param intake.Intake intake: of the telephone system
        :param History history: as it was read
        """
        late = self._get_late_refs(history)
        for ref in late:
            history.events.pop(ref, None)
            history.call_ids.pop(ref, None)
            history.unsettled.discard(ref)
        for ref, events in history.events.items():
            history.events[ref] = [
                replace(event, alias=None) if event.alias in late else event for event in events
            ]
        self._mark_late(intake.pbx, late)
        calls = self.env["call.call"].browse(sorted(set(late.values())))
        anonymized_ids = set(calls.filtered("is_anonymized").ids)
        for ref, call_id in late.items():
            if call_id in anonymized_ids:
                history.private.pop(ref, None)  # there is nothing left to mask

    @api.model
    def _get_late_refs(self, history):
        """Return the ids of closed calls by all references that belong to them.

        :rtype: dict[str, int]
        """
        late, joined = dict(history.closed), {}
        for ref, events in history.events.items():
            for alias in {event.alias for event in events} - {None}:
                joined.setdefault(ref, set()).add(alias)
                joined.setdefault(alias, set()).add(ref)
        left = list(late)
        while left:
            ref = left.pop()
            for other in joined.get(ref, ()):
                if other not in late and other not in history.call_ids:
                    late[other] = late[ref]
                    left.append(other)
        return late

    @api.model
    def _mark_late(self, pbx, late):
        """Mark the events that have just arrived.

        :param call.pbx pbx: the telephone system
        :param dict late: ids of their calls, by reference
        """
        # they were stored and linked in plain SQL
        self.invalidate_model(["call_id", "state", "error"], flush=False)
        events = self.search(
            [("pbx_id", "=", pbx.id), ("call_ref", "in", sorted(late)), ("state", "!=", "late")]
        )
        reason = Reason(Why.CLOSED)
        for event in events:
            call = self.env["call.call"].browse(late[event.call_ref])
            values = {"state": "late", "error": reason, "call_id": call.id}
            if call.is_anonymized and not event.is_masked:
                event._forget_people(call)
            event.write(values)

    def _forget_people(self, call):
        """Keep only that something was reported about a call of which nobody may know any more
        with whom it was. A repeat replaces what is known of the same event.

        :param call.call call: the call
        """
        self.ensure_one()
        uid = self._get_hidden_name(self.uid)
        self.search([("pbx_id", "=", self.pbx_id.id), ("uid", "=", uid)]).unlink()
        known = self._get_refs_of(call)
        ref = self.call_ref if self.call_ref in known else self._get_hidden_name(self.call_ref)
        empty = dict.fromkeys(("joined_ref", "leg_ref", "data", "raw"), False)
        self.write(empty | {"uid": uid, "call_ref": ref})

    # === REPLAYING === #

    def _check_not_late(self):
        """Check that the calls of the events still change.

        :raise UserError: one does not
        """
        if late := self.filtered(lambda event: event.state == "late"):
            raise UserError(
                self.env._(
                    "The earlier events of these calls were deleted, so the calls do not change "
                    "any more: %s. Replay only the other events.",
                    ", ".join(sorted(set(late.mapped("call_ref")))[:5]),
                )
            )

    # === DELETING === #

    @api.model
    def _close(self, calls):
        """Delete the events of calls, which do not change any more.

        :param call.call calls: that have ended
        """
        self._delete_of(calls)
        calls.filtered(lambda call: not call.is_closed).is_closed = True

    @api.model
    def _delete_of(self, calls):
        """Delete the events of calls, also those that have failed.

        :param call.call calls: that are closed in the same transaction: what is reported later
            must not be all that is known about them
        """
        self.flush_model()
        of_calls = SQL(
            "(SELECT pbx_id, ref FROM call_reference WHERE call_id = ANY(%s))", calls.ids
        )
        self.env.cr.execute(SQL("DELETE FROM call_event WHERE call_id = ANY(%s)", calls.ids))
        # also those that have failed, and do not lead to the call
        self.env.cr.execute(SQL("DELETE FROM call_event WHERE (pbx_id, call_ref) IN %s", of_calls))
        self.invalidate_model()
        calls.invalidate_recordset(["event_ids"], flush=False)

    @api.model
    def _get_calls_with_unseen(self, calls):
        """Return which calls have events that this transaction does not see, because they have
        come since it began.

        :param call.call calls: whose events are locked
        :rtype: call.call
        """
        if not self.env.registry.ready:
            return calls.browse()  # other transactions do not see the tables
        query = SQL(
            """
            SELECT e.id, r.call_id
              FROM call_reference r
              JOIN call_event e ON e.pbx_id = r.pbx_id AND e.call_ref = r.ref
             WHERE r.call_id = ANY(%s)
            """,
            calls.ids,
        )
        self.env.cr.execute(query)
        seen = {event_id for event_id, _call_id in self.env.cr.fetchall()}
        with self.env.registry.cursor() as cr:
            cr.execute(query)
            unseen = {call_id for event_id, call_id in cr.fetchall() if event_id not in seen}
        return calls.filtered(lambda call: call.id in unseen)
