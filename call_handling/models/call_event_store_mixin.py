import json
from datetime import datetime, timezone

from odoo import api, models
from odoo.tools import SQL

from ..adapters.base import Message, Receipt
from ..adapters.event import CallEvent as Event
from ..adapters.event import Kind
from ..adapters.reading import dump


class CallEventStoreMixin(models.AbstractModel):
    """Stores what telephone systems send, each event once."""

    _name = "call.event.store.mixin"
    _description = "Storing of Telephone Events"

    @api.model
    def _store(self, pbx, messages):
        """Store messages; what is stored already is left as it is.

        :param call.pbx pbx: the telephone system
        :param list messages: `adapters.base.Message`
        :return: what became of them, and the references of calls with new events
        :rtype: tuple[adapters.base.Receipt, set[str]]
        """
        rows = [
            self._prepare_row(pbx, message.raw, event)
            for message in messages
            for event in message.events
        ]
        failures = [message for message in messages if message.error]
        rows += [self._prepare_failed_row(pbx, message) for message in failures]
        new_uids = self._insert(rows)
        accepted = duplicates = 0
        refs = set()
        for message in messages:
            new = [event.call for event in message.events if event.uid in new_uids]
            refs.update(new)
            if message.events and not new:
                duplicates += 1
            elif not message.error:
                accepted += 1
        errors = tuple(message.error for message in failures)
        return Receipt(accepted, duplicates, len(failures), errors), refs

    @api.model
    def _store_body(self, pbx, webhook_request, reason):
        """Keep a body that cannot be taken apart, with the reason.

        :param adapters.request.WebhookRequest webhook_request: the request
        :param str reason: why
        """
        body = webhook_request.body.decode("utf-8", "backslashreplace")
        body = body.replace("\x00", "\\x00")
        row = self._prepare_failed_row(pbx, Message(body, error=reason))
        self._insert([row | {"content_type": webhook_request.content_type or "text/plain"}])

    @api.model
    def _prepare_row(self, pbx, raw, event):
        return {
            "pbx_id": pbx.id,
            "uid": event.uid,
            "call_ref": event.call,
            "leg_ref": event.leg,
            "kind": event.kind.value,
            "date": event.at.replace(tzinfo=None),
            "data": json.dumps(event.to_json()),
            "raw": raw,
            "content_type": None,
            "state": "done",
            "error": None,
        }

    @api.model
    def _prepare_failed_row(self, pbx, message):
        empty = dict.fromkeys(("call_ref", "leg_ref", "kind", "date", "data", "content_type"))
        failed = {"state": "failed", "error": message.error, "uid": message.uid}
        return empty | {"pbx_id": pbx.id, "raw": message.raw} | failed

    @api.model
    def _insert(self, rows):
        """Insert rows that are not there yet. One statement: a repeat must cost nothing and
        must not disturb the transaction, which the ORM cannot do.

        :param list rows: values by column
        :return: uids of the rows that were new
        :rtype: set[str]
        """
        if not rows:
            return set()
        columns = list(rows[0])
        # Always in one order: two repeats of a batch must never wait for each other's rows.
        rows = sorted(rows, key=lambda row: row["uid"])
        self.env.cr.execute(
            SQL(
                """
                INSERT INTO call_event (%s, call_id, create_uid, create_date, write_uid, write_date)
                VALUES %s
                ON CONFLICT (pbx_id, uid) DO NOTHING
                RETURNING uid
                """,
                SQL(", ").join(map(SQL.identifier, columns)),
                SQL(", ").join(self._sql_row(row, columns) for row in rows),
            )
        )
        return {uid for (uid,) in self.env.cr.fetchall()}

    @api.model
    def _sql_row(self, row, columns):
        now = SQL("now() AT TIME ZONE 'UTC'")
        by = SQL("%s", self.env.uid)
        # all but the first events of a call find it there already
        call = SQL(
            "(SELECT id FROM call_call WHERE pbx_id = %s AND pbx_ref = %s)",
            row["pbx_id"],
            row["call_ref"],
        )
        values = [SQL("%s", row[column]) for column in columns]
        return SQL("(%s)", SQL(", ").join([*values, call, by, now, by, now]))

    @api.model
    def _assume_end(self, call, at):
        """Store the event that a silent call has ended, as far as anybody can tell.

        :param call.call call: the silent call
        :param datetime at: naive UTC, when it was last heard of
        """
        now = datetime.now(timezone.utc)
        event = Event(
            call=call.pbx_ref,
            kind=Kind.ENDED,
            at=at.replace(tzinfo=timezone.utc),
            uid=f"{call.pbx_ref}:silent:{now.isoformat()}",
            assumed=True,
        )
        self._insert([self._prepare_row(call.pbx_id, dump({"silent_since": str(at)}), event)])
