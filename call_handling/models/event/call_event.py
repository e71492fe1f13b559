import json
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL, hmac
from odoo.tools.constants import GC_UNLINK_LIMIT

from ...adapters.base import Message, Receipt
from ...adapters.event import CallEvent as Event
from ...adapters.event import Direction, Kind
from ...adapters.reading import dump
from ...adapters.request import Malformed, WebhookRequest
from ...intake import Intake
from ...tools import digits, display_notification

MAX_ATTEMPTS = 5
RETRY_BATCH = 200
RAW_DAYS = 30
FORGOTTEN_DAYS = 30  # no telephone system repeats its events later
SECRET_SCOPE = "call_handling.private"


class History(NamedTuple):
    """What is stored about calls, by their references.

    :param events: all their events
    :param unlinked: calls with events that have failed, or are not linked yet
    :param forgotten: calls that were private, about which nothing may be stored
    :param not_waiting: calls, with their numbers as known so far, whose number certainly does
        not wait to be called back
    """

    events: dict[str, list[Event]]
    unlinked: set[str]
    forgotten: set[str]
    not_waiting: dict[str, str]


class CallEvent(models.Model):
    """One message of a telephone system, stored before it is processed."""

    _name = "call.event"
    _description = "Telephone Event"
    _order = "id desc"
    _rec_name = "uid"

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    uid = fields.Char(string="Event ID", required=True)
    call_ref = fields.Char(string="Call Reference")
    call_id = fields.Many2one("call.call", index="btree_not_null", ondelete="cascade")
    leg_ref = fields.Char(string="Phone Reference")
    kind = fields.Selection([(kind.value, kind.name.capitalize()) for kind in Kind])
    date = fields.Datetime(string="Happened At")
    create_date = fields.Datetime(string="Arrived At")
    data = fields.Json(string="As Understood")
    raw = fields.Text(string="As Sent")
    content_type = fields.Char(help="Set if the body as a whole could not be read.")
    state = fields.Selection(
        [("done", "Done"), ("failed", "Failed")], required=True, default="done", index=True
    )
    error = fields.Char(string="Reason")
    attempts = fields.Integer()
    is_masked = fields.Boolean(readonly=True, export_string_translation=False)

    _uid_uniq = models.UniqueIndex("(pbx_id, uid)", "The event is already stored.")
    _call_ref_idx = models.Index("(pbx_id, call_ref)")
    _arrival_idx = models.Index("(pbx_id, create_date)")

    # === STORING === #

    @api.model
    def _store(self, intake, messages):
        """Store messages; what is already stored remains as it is.

        :param intake.Intake intake: of the telephone system
        :param list messages: each an `adapters.base.Message`
        :return: how many were accepted, and the references of calls with new events
        :rtype: tuple[adapters.base.Receipt, set[str]]
        """
        rows = [
            self._prepare_row(intake.pbx, message.raw, event)
            for message in messages
            for event in message.events
        ]
        failures = [message for message in messages if message.error]
        rows += [self._prepare_failed_row(intake.pbx, message) for message in failures]
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
    def _store_body(self, intake, request, reason):
        """Store a body that cannot be split into messages, with the reason.

        :param intake.Intake intake: of the telephone system
        :param adapters.request.WebhookRequest request: the request
        :param str reason: why
        """
        body = request.body.decode("utf-8", "backslashreplace").replace("\x00", "\\x00")
        row = self._prepare_failed_row(intake.pbx, Message(body, error=reason))
        self._insert([row | {"content_type": request.content_type or "text/plain"}])

    @api.model
    def _store_assumed_end(self, call, at):
        """Store the event that a silent call has ended, as far as anybody can tell.

        :param call.call call: the silent call
        :param datetime at: naive UTC, when something was last reported about it
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
        """Insert the rows that do not exist yet. In one statement: a repeat must cost nothing and
        must not abort the transaction, which the ORM cannot do.

        :param list rows: values by column
        :return: uids of the rows that were new
        :rtype: set[str]
        """
        if not rows:
            return set()
        columns = list(rows[0])
        # Always in the same order: two repeats of a batch must never wait for each other's rows.
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
        # the call already exists for all but its first events
        call = SQL(
            "(SELECT id FROM call_call WHERE pbx_id = %s AND pbx_ref = %s)",
            row["pbx_id"],
            row["call_ref"],
        )
        values = [SQL("%s", row[column]) for column in columns]
        return SQL("(%s)", SQL(", ").join([*values, call, by, now, by, now]))

    # === LOADING AND LINKING === #

    @api.model
    def _load(self, intake, refs):
        """Return everything that is stored about calls. One query, on the way of every event.

        :param intake.Intake intake: of the telephone system
        :param refs: references of the calls
        :rtype: History
        """
        secret_names = {self._get_secret_name(ref): ref for ref in refs}
        self.env["call.callback"].flush_model(["number", "company_id", "state"])
        self.env["call.call"].flush_model(["remote_number", "company_id"])
        self.env.cr.execute(
            SQL(
                """
                SELECT e.call_ref, e.data, e.call_id IS NULL OR e.state = 'failed',
                       c.remote_number,
                       EXISTS (
                            SELECT 1
                              FROM call_callback b
                             WHERE b.number = c.remote_number
                               AND b.company_id = c.company_id
                               AND b.state = 'open'
                       )
                  FROM call_event e
                  LEFT JOIN call_call c ON c.id = e.call_id
                 WHERE e.pbx_id = %s AND e.call_ref = ANY(%s)
                """,
                intake.pbx.id,
                [*refs, *secret_names],
            )
        )
        history = History({}, set(), set(), {})
        for ref, data, is_unlinked, number, is_waiting in self.env.cr.fetchall():
            if ref in secret_names:
                history.forgotten.add(secret_names[ref])
                continue
            history.events.setdefault(ref, []).append(Event.from_json(data))
            if is_unlinked:
                history.unlinked.add(ref)
            if number and not is_waiting:
                history.not_waiting[ref] = number
        for ref in history.forgotten:
            history.events.pop(ref, None)
        return history

    @api.model
    def _link(self, intake, history):
        """The calls are saved: link their events to them, and delete those that must not be
        stored.

        :param intake.Intake intake: of the telephone system
        :param History history: as it was loaded
        """
        if history.forgotten:
            refs = list(history.forgotten)
            self.search([("pbx_id", "=", intake.pbx.id), ("call_ref", "in", refs)]).unlink()
        if not history.unlinked:
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
                pbx=intake.pbx.id,
                refs=list(history.unlinked),
            )
        )
        self.invalidate_model(["call_id", "state", "error"], flush=False)

    @api.model
    def _mark_failed(self, intake, refs, reason):
        """Mark the events of calls that could not be updated as failed.

        :param intake.Intake intake: of the telephone system
        :param refs: references of the calls
        :param str reason: why
        """
        events = self.search([("pbx_id", "=", intake.pbx.id), ("call_ref", "in", list(refs))])
        events.write({"state": "failed", "error": reason})

    # === REPLAYING === #

    def action_replay(self):
        """Read the events again, and update their calls."""
        self.check_access("write")
        for pbx in self.pbx_id:
            self.filtered(lambda event, pbx=pbx: event.pbx_id == pbx).sudo()._replay()
        return self._notify_replay()

    def action_replay_failed(self):
        """Read every failed event again that the user may see."""
        return self.search([("state", "=", "failed")]).action_replay()

    def _notify_replay(self):
        """Return a notification about how many of the events have failed again."""
        failed = self.exists().filtered(lambda event: event.state == "failed")
        then = None
        if len(self) == 1 and not self.exists():
            # Its form is open, and it was replaced by what it reports.
            then = self.env["ir.actions.act_window"]._for_xml_id(
                "call_handling.call_event_action_failed"
            )
            then["target"] = "main"
        if not failed:
            return display_notification(self.env._("All events were understood."), then=then)
        message = self.env._(
            "%(failed)s of %(count)s events failed again. The list shows the reasons.",
            failed=len(failed),
            count=len(self),
        )
        return display_notification(message, "warning", then=then)

    def _replay(self):
        """Read stored messages of one telephone system again, and update their calls."""
        intake = Intake(self.pbx_id)
        for event in self:
            event.attempts += 1
        refs = set()
        for event in self.filtered(lambda event: not event.call_ref):
            refs |= event._read_again(intake)
        refs.update(self.exists().filtered("call_ref").mapped("call_ref"))
        self.flush_model()
        intake.update(refs)

    def _read_again(self, intake):
        """Read a message again that could not be read before. Its events replace it, if any.

        :return: references of the calls that it is about
        :rtype: set[str]
        """
        received_at = self.create_date.replace(tzinfo=timezone.utc)
        try:
            messages = self._read_messages(intake.adapter, received_at)
        except Malformed as error:
            self.error = str(error)
            return set()
        errors = [message.error for message in messages if message.error]
        if errors:
            self.error = errors[0]
            return set()
        _receipt, refs = self._store(intake, messages)
        self.unlink()
        return refs

    def _read_messages(self, adapter, received_at):
        if not self.content_type:
            return [adapter.understand(json.loads(self.raw), received_at)]
        request = WebhookRequest(self.raw.encode(), received_at, self.content_type)
        return adapter.messages(request)

    # === PRIVATE CALLS === #

    @api.model
    def _get_secret_name(self, text):
        """Return what replaces a text that must not be known: always the same, and useless to
        anybody who does not have this database's key.

        :rtype: str
        """
        return f"private:{hmac(self.env(su=True), SECRET_SCOPE, text)[:40]}"

    @api.model
    def _mask(self, call):
        """Remove the remote party from the events of a private call.

        :param call.call call: the call
        """
        if not call.pbx_id:
            return
        phones = self._get_phones_to_keep(call)
        # by reference: events that have just arrived are not linked yet
        of_call = [("pbx_id", "=", call.pbx_id.id), ("call_ref", "=", call.pbx_ref)]
        for event in self.search([*of_call, ("is_masked", "=", False)], order="id"):
            # an event's own id may be a digest of what was sent
            uid = self._get_secret_name(event.uid)
            if self.search_count([("pbx_id", "=", event.pbx_id.id), ("uid", "=", uid)], limit=1):
                event.unlink()
                continue
            masked = Event.from_json(event.data).without_people(
                uid, Direction(call.direction), phones
            )
            event.write({"data": masked.to_json(), "raw": False, "uid": uid, "is_masked": True})

    @api.model
    def _get_phones_to_keep(self, call):
        """Return the phones that events may name; ``None`` for all. Of a call between colleagues,
        the other's phone is the number."""
        if call.direction != "internal":
            return None
        owners = self.env["call.extension"]._get_owners(call.pbx_id.id)
        own = {phone for phone, user_id in owners.items() if user_id == call.user_id.id}
        peers = self.env["call.peer"]._get_register(call.pbx_id.id).peers
        return own | {peer.name.lower() for peer in peers if peer.extension.lower() in own}

    @api.model
    def _forget(self, call):
        """Delete the events of a call, and make sure that later ones do not create it again. For
        that, only a keyed digest of the call's reference is stored, for some time.

        :param call.call call: about to be deleted
        """
        pbx = call.pbx_id
        if not pbx:
            return
        self.search([("pbx_id", "=", pbx.id), ("call_ref", "=", call.pbx_ref)]).unlink()
        name = self._get_secret_name(call.pbx_ref)
        if not self.search_count([("pbx_id", "=", pbx.id), ("uid", "=", name)], limit=1):
            self.create({"pbx_id": pbx.id, "uid": name, "call_ref": name, "is_masked": True})

    @api.model
    def _delete_unreadable(self, call):
        """Delete messages that were not understood and contain the number of a call.

        :param call.call call: with its number
        """
        number = digits(call.remote_number or "")
        if len(number) < 5:
            return
        domain = Domain("pbx_id", "=", call.pbx_id.id) & Domain("state", "=", "failed")
        domain &= Domain("call_ref", "=", False)
        # in any format: the end of the number is the same
        self.search(domain).filtered(lambda e: number[-7:] in digits(e.raw or "")).unlink()

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
        """Delete the text of old messages that were understood; what they report is kept."""
        before = fields.Datetime.now() - timedelta(days=RAW_DAYS)
        domain = [("create_date", "<", before), ("state", "=", "done"), ("raw", "!=", False)]
        events = self.search(domain, limit=GC_UNLINK_LIMIT)
        events.write({"raw": False})
        return len(events), len(events) == GC_UNLINK_LIMIT

    @api.autovacuum
    def _gc_forgotten(self):
        """Delete what is still known about deleted private calls."""
        before = fields.Datetime.now() - timedelta(days=FORGOTTEN_DAYS)
        domain = [("kind", "=", False), ("is_masked", "=", True), ("create_date", "<", before)]
        self.search(domain).unlink()
