import json
import logging
from datetime import datetime, timedelta, timezone

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..adapters.base import Malformed, Message, Receipt, WebhookRequest, dump
from ..adapters.event import CallEvent as Event
from ..adapters.event import Kind

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
RETRY_BATCH = 200
RAW_DAYS = 30


class CallEvent(models.Model):
    """One message of a telephone system: stored before anything is made of it."""

    _name = "call.event"
    _description = "Telephone Event"
    _order = "id desc"
    _rec_name = "uid"

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    uid = fields.Char(string="Event ID", required=True)
    call_ref = fields.Char(string="Call Reference")
    call_id = fields.Many2one("call.call", index="btree_not_null", ondelete="cascade")
    leg_ref = fields.Char(string="Phone Reference")
    kind = fields.Selection([(kind.value, kind.name.capitalize()) for kind in Kind])
    date = fields.Datetime(string="Happened")
    create_date = fields.Datetime(string="Arrived")
    data = fields.Json(string="As Understood")
    raw = fields.Text(string="As Sent")
    content_type = fields.Char(help="Set if the body as a whole could not be read.")
    state = fields.Selection(
        [("done", "Done"), ("failed", "Failed")], required=True, default="done", index=True
    )
    error = fields.Char(string="Reason")
    attempts = fields.Integer()

    _uid_uniq = models.UniqueIndex("(pbx_id, uid)", "The event is stored already.")
    _call_ref_idx = models.Index("(pbx_id, call_ref)")

    # === ACTION METHODS === #

    def action_replay(self):
        """Read the events again and fold their calls anew."""
        self.check_access("write")
        for pbx in self.pbx_id:
            self.filtered(lambda event, pbx=pbx: event.pbx_id == pbx).sudo()._replay()

    # === BUSINESS METHODS === #

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

        :param adapters.base.WebhookRequest webhook_request: the request
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
    def _fail(self, pbx, refs, reason):
        """Mark the last events of calls that could not be made as failed.

        :param refs: references of the calls
        :param str reason: why
        """
        events = self.search([("pbx_id", "=", pbx.id), ("call_ref", "in", list(refs))])
        events.write({"state": "failed", "error": reason})

    def _replay(self):
        """Read stored messages of one telephone system again, and fold their calls anew."""
        pbx = self.pbx_id
        adapter = pbx._get_adapter()
        for event in self:
            event.attempts += 1
        refs = set()
        for event in self.filtered(lambda event: not event.call_ref):
            refs |= event._read_again(adapter)
        refs.update(self.exists().filtered("call_ref").mapped("call_ref"))
        self.flush_model()
        self.env["call.intake"]._follow(pbx, refs)

    def _read_again(self, adapter):
        """Read a message that could not be read before. It gives way to its events, if any.

        :return: references of the calls of which it tells
        :rtype: set[str]
        """
        received_at = self.create_date.replace(tzinfo=timezone.utc)
        try:
            messages = self._read_messages(adapter, received_at)
        except Malformed as error:
            self.error = str(error)
            return set()
        errors = [message.error for message in messages if message.error]
        if errors:
            self.error = errors[0]
            return set()
        _receipt, refs = self._store(self.pbx_id, messages)
        self.unlink()
        return refs

    def _read_messages(self, adapter, received_at):
        if not self.content_type:
            return [adapter.understand(json.loads(self.raw), received_at)]
        request = WebhookRequest(self.raw.encode(), received_at, self.content_type)
        return adapter.messages(request)

    @api.model
    def _get_events_by_call(self, pbx, refs):
        """All events of calls.

        :return: lists of `adapters.event.CallEvent` by reference of the call, and the
            references of calls with events that are failed or not linked yet
        :rtype: tuple[dict, set]
        """
        self.env.cr.execute(
            SQL(
                """
                SELECT call_ref, data, call_id IS NULL OR state = 'failed'
                  FROM call_event
                 WHERE pbx_id = %s AND call_ref = ANY(%s)
                """,
                pbx.id,
                list(refs),
            )
        )
        by_call, unsettled = {}, set()
        for ref, data, is_unsettled in self.env.cr.fetchall():
            by_call.setdefault(ref, []).append(Event.from_json(data))
            if is_unsettled:
                unsettled.add(ref)
        return by_call, unsettled

    @api.model
    def _settle(self, pbx, refs):
        """The calls are made: link their events to them, and none has failed any more.

        :param refs: references of the calls
        """
        if not refs:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_event e
                   SET call_id = c.id, state = 'done', error = NULL
                  FROM call_call c
                 WHERE e.pbx_id = %(pbx)s AND e.call_ref = ANY(%(refs)s)
                   AND (e.call_id IS NULL OR e.state = 'failed')
                   AND c.pbx_id = e.pbx_id AND c.pbx_ref = e.call_ref
                """,
                pbx=pbx.id,
                refs=list(refs),
            )
        )
        self.invalidate_model(["call_id", "state", "error"], flush=False)

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

    # === CRON METHODS === #

    @api.model
    def _cron_retry(self):
        """Try failed events again, a limited number of times."""
        domain = [("state", "=", "failed"), ("attempts", "<", MAX_ATTEMPTS)]
        failed = self.search(domain, order="attempts, id", limit=RETRY_BATCH)
        failed = failed.try_lock_for_update()
        for pbx in failed.pbx_id:
            failed.filtered(lambda event, pbx=pbx: event.pbx_id == pbx)._replay()
            self.env["ir.cron"]._commit_progress(1)

    @api.autovacuum
    def _gc_raw(self):
        """Forget the wording of old messages that were understood; their meaning is kept."""
        before = fields.Datetime.now() - timedelta(days=RAW_DAYS)
        domain = [("create_date", "<", before), ("state", "=", "done"), ("raw", "!=", False)]
        events = self.search(domain, limit=GC_UNLINK_LIMIT)
        events.write({"raw": False})
        return len(events), len(events) == GC_UNLINK_LIMIT
