import json
import logging
from datetime import timedelta, timezone
from typing import NamedTuple

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ..adapters.event import CallEvent as Event
from ..adapters.event import Kind
from ..adapters.request import Malformed, WebhookRequest

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
RETRY_BATCH = 200
RAW_DAYS = 30
BURIED_DAYS = 30  # no telephone system repeats its events later


class Told(NamedTuple):
    """What events tell of calls, by the references of the calls.

    ``unsettled`` calls have events that are failed or not linked yet; ``buried`` ones were
    private, and nothing of them may be kept; of ``quiet`` ones, with their numbers as known so
    far, it is sure that the number does not wait to be called back.
    """

    events: dict[str, list[Event]]
    unsettled: set[str]
    buried: set[str]
    quiet: dict[str, str]


class CallEvent(models.Model):
    """One message of a telephone system: stored before anything is made of it."""

    _name = "call.event"
    _description = "Telephone Event"
    _inherit = ["call.event.store.mixin", "call.event.mask.mixin"]
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
    _arrival_idx = models.Index("(pbx_id, create_date)")

    # === ACTION METHODS === #

    def action_replay(self):
        """Read the events again, fold their calls anew, and tell how it went."""
        self.check_access("write")
        for pbx in self.pbx_id:
            self.filtered(lambda event, pbx=pbx: event.pbx_id == pbx).sudo()._replay()
        return self._tell_replay()

    def action_replay_failed(self):
        """Read every failed event again that the user may see."""
        return self.search([("state", "=", "failed")]).action_replay()

    def _tell_replay(self):
        """Show how many of the events that were read again have failed again."""
        failed = self.exists().filtered(lambda event: event.state == "failed")
        told = self.env._("Everything was understood.")
        if failed:
            told = self.env._(
                "%(failed)s of %(count)s events failed again. The reason stands beside each.",
                failed=len(failed),
                count=len(self),
            )
        then = {"type": "ir.actions.client", "tag": "soft_reload"}
        if len(self) == 1 and not self.exists():
            # its form is open, and it has given way to what it told
            failed_events = "call_handling.call_event_action_failed"
            then = self.env["ir.actions.act_window"]._for_xml_id(failed_events)
            then["target"] = "main"
        params = {"message": told, "type": "warning" if failed else "success", "next": then}
        return {"type": "ir.actions.client", "tag": "display_notification", "params": params}

    # === BUSINESS METHODS === #

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
    def _get_told(self, pbx, refs):
        """All that is told of calls. One query, on the way of every event.

        :param refs: references of the calls
        :rtype: Told
        """
        names = {self._get_secret_name(ref): ref for ref in refs}
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
                pbx.id,
                [*refs, *names],
            )
        )
        told = Told({}, set(), set(), {})
        for ref, data, is_unsettled, number, is_awaited in self.env.cr.fetchall():
            if ref in names:
                told.buried.add(names[ref])
                continue
            told.events.setdefault(ref, []).append(Event.from_json(data))
            if is_unsettled:
                told.unsettled.add(ref)
            if number and not is_awaited:
                told.quiet[ref] = number
        for ref in told.buried:
            told.events.pop(ref, None)
        return told

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

    @api.autovacuum
    def _gc_buried(self):
        """Forget that there was a private call."""
        before = fields.Datetime.now() - timedelta(days=BURIED_DAYS)
        domain = [("kind", "=", False), ("is_masked", "=", True), ("create_date", "<", before)]
        self.search(domain).unlink()
