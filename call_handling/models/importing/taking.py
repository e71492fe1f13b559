from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from odoo import api, models
from odoo.tools import SQL

from ...adapters.event import CallEvent
from ...adapters.reasons import dump_reason, get_reason
from ...intake import MAX_CALLS, Intake
from ...tools import NO_CHATTER


class Rows(NamedTuple):
    """What the rows of a batch report.

    :param events: by number of the row
    :param owners: the first row of each call, by its reference
    """

    events: dict[int, list[CallEvent]]
    owners: dict[str, int]


class CallImport(models.Model):
    """Turns rows into events, and events into calls, on the way of every event. As history: no
    rule, job or callback follows, and no screen is informed."""

    _inherit = "call.import"

    def _take(self, batch):
        """Import a batch of rows. One that fails does not affect the others.

        :param list batch: as `_get_batches` yields it
        :return: ids of the calls by their references
        :rtype: dict[str, int]
        """
        self.ensure_one()
        rows = self._leave_out_closed(self._leave_out_old(self._read_batch(batch)))
        intake = Intake(self.pbx_id, is_history=True)
        refs = self._store_rows(intake, rows)
        before = self._get_calls_of(refs)
        ready = sorted(refs - self._get_waiting(refs))
        for start in range(0, len(ready), MAX_CALLS):
            intake.update(set(ready[start : start + MAX_CALLS]))
        after = self._get_calls_of(refs)
        self._note_failed(refs - after.keys(), rows)
        self._note_new(set(after.values()) - set(before.values()))
        self.position += len(batch)
        return self._get_calls_of(rows.owners)

    def _read_batch(self, batch):
        events, owners = {}, {}
        for row, read in batch:
            try:
                events[row] = read()
            except ValueError as error:
                self._note_failure(row, dump_reason(get_reason(error)))
                continue
            for event in events[row]:
                owners.setdefault(event.call, row)
        return Rows(events, owners)

    def _leave_out_old(self, rows):
        """Leave out what the company would have anonymized by now."""
        days = self.company_id.call_keep_people_days
        if not days:
            return rows
        limit = datetime.now(timezone.utc) - timedelta(days=days)
        old = {row for row, events in rows.events.items() if events and events[0].at < limit}
        self.old_count += len(old)
        return rows._replace(events={r: e for r, e in rows.events.items() if r not in old})

    def _leave_out_closed(self, rows):
        """Leave out calls whose events were deleted: nothing changes them any more."""
        self.env.cr.execute(
            SQL(
                """
                SELECT r.ref
                  FROM call_reference r
                  JOIN call_call c ON c.id = r.call_id
                 WHERE r.pbx_id = %s AND r.ref = ANY(%s) AND c.is_closed
                """,
                self.pbx_id.id,
                list(rows.owners),
            )
        )
        closed = {ref for (ref,) in self.env.cr.fetchall()}
        known = {row for row, events in rows.events.items() if events and events[0].call in closed}
        self.known_count += len(known)
        return rows._replace(events={r: e for r, e in rows.events.items() if r not in known})

    def _store_rows(self, intake, rows):
        """Store the events that are new.

        :return: references of the calls that they are about
        :rtype: set[str]
        """
        stored = self.env["call.event"]
        # What was sent word by word is in the file: nothing of it must remain.
        values = {
            event.uid: stored._prepare_row(intake.pbx, None, event)
            for events in rows.events.values()
            for event in events
        }
        new, refused = stored._insert(list(values.values()))
        refs = set()
        for row, events in rows.events.items():
            reasons = [refused[event.uid] for event in events if event.uid in refused]
            if reasons:
                self._note_failure(row, reasons[0])
            elif events and not any(event.uid in new for event in events):
                self.known_count += 1
            refs.update(event.call for event in events if event.uid in new)
        return refs

    def _get_calls_of(self, refs):
        """Return the ids of the calls to which references lead.

        :rtype: dict[str, int]
        """
        self.env["call.reference"].flush_model()
        self.env.cr.execute(
            SQL(
                "SELECT ref, call_id FROM call_reference WHERE pbx_id = %s AND ref = ANY(%s)",
                self.pbx_id.id,
                list(refs),
            )
        )
        return dict(self.env.cr.fetchall())

    def _get_waiting(self, refs):
        """Return the references of calls about which something was reported that waits to be
        processed: it is no history, and includes what was imported then."""
        events = self.env["call.event"].search_fetch(
            [
                ("pbx_id", "=", self.pbx_id.id),
                ("state", "=", "waiting"),
                ("call_ref", "in", list(refs)),
            ],
            ["call_ref"],
        )
        return set(events.mapped("call_ref"))

    def _note_failed(self, refs, rows):
        """Count the calls that could not be computed; they are listed under *Failed Events*."""
        domain = [
            ("pbx_id", "=", self.pbx_id.id),
            ("state", "=", "failed"),
            ("call_ref", "in", list(refs)),
        ]
        # as it is stored: each reader sees it in their own language
        failed = self.env["call.event"]._read_group(domain, ["call_ref"], ["error:min"])
        for ref, reason in failed:
            self._note_failure(rows.owners[ref], reason)

    @api.model
    def _note_new(self, call_ids):
        calls = self.env["call.call"].browse(sorted(call_ids)).with_context(**NO_CHATTER)
        calls.import_id = self
        self.new_count += len(calls)
