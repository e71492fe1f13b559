import hashlib
import json
import logging
import time
import traceback
from datetime import timedelta

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ..adapters.base import Reply
from ..adapters.fold import fold
from ..adapters.request import Malformed
from ..adapters.signature import TEST_HEADER
from .ir_websocket import CHANNEL, GROUP

# Seconds between two messages to screens. Screens wait longer (see live_views.js).
PAUSE = 0.3
_last_told = {}  # by database, of this process

_logger = logging.getLogger(__name__)


class CallIntake(models.AbstractModel):
    """The way from a telephone system's request to the calls it tells of."""

    _name = "call.intake"
    _description = "Way of Telephone Events"

    @api.model
    def _receive(self, pbx, adapter, webhook_request):
        """Take a request: verify, store, then fold.

        :param call.pbx pbx: the telephone system whose address was asked
        :param adapters.base.Adapter adapter: the telephone system's own
        :param adapters.request.WebhookRequest webhook_request: what came
        :rtype: adapters.base.Reply
        :raise adapters.request.Refused: the sender did not prove to be the telephone system
        """
        adapter.verify(webhook_request)
        try:
            messages = adapter.messages(webhook_request)
        except Malformed as error:
            self.env["call.event"]._store_body(pbx, webhook_request, str(error))
            return Reply(json.dumps({"error": str(error)}), status=400)
        if not messages and TEST_HEADER not in webhook_request.headers:
            self._note_contact(pbx)
        return adapter.reply(self._take(pbx, messages), webhook_request)

    @api.model
    def _note_contact(self, pbx):
        """Note a sign of life: a request without events. At most once a minute, and in plain
        SQL: it must not wait for, nor be lost to, whatever else happens to the record."""
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_pbx
                   SET last_contact_date = now() AT TIME ZONE 'UTC'
                 WHERE id = %s
                   AND (last_contact_date IS NULL OR last_contact_date
                        < now() AT TIME ZONE 'UTC' - INTERVAL '1 minute')
                """,
                pbx.id,
            )
        )
        pbx.invalidate_recordset(["last_contact_date"])

    @api.model
    def _take(self, pbx, messages):
        """Store messages and bring their calls up to date.

        :rtype: adapters.base.Receipt
        """
        receipt, refs = self.env["call.event"]._store(pbx, messages)
        self._follow(pbx, refs)
        return receipt

    @api.model
    def _follow(self, pbx, refs):
        """Bring calls up to date with their events.

        :param call.pbx pbx: the telephone system
        :param refs: its references of the calls
        """
        if not refs:
            return
        dialled = self._lock(pbx, refs)
        try:
            with self.env.cr.savepoint():
                self._fold_calls(pbx, refs, dialled)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            self._follow_one_by_one(pbx, refs, error)

    @api.model
    def _follow_one_by_one(self, pbx, refs, error):
        """One of the calls cannot be made: the others must not suffer from it."""
        if len(refs) == 1:
            # The reason may name a caller: it is kept with the event. The log tells where.
            where = "".join(traceback.format_tb(error.__traceback__))
            _logger.error("A call cannot be made: %s\n%s", type(error).__name__, where)
            self.env.invalidate_all(flush=False)
            self.env["call.event"]._fail(pbx, refs, f"{type(error).__name__}: {error}")
            return
        for ref in sorted(refs):
            self._follow(pbx, {ref})

    @api.model
    def _lock(self, pbx, refs):
        """Wait until no other transaction works on these calls. Always in one order, so
        that two batches never wait for each other.

        :return: whether somebody has dialled a short while ago
        :rtype: bool
        """
        keys = sorted(self._lock_key(pbx, ref) for ref in refs)
        dialled = self.env["call.dial"]._get_pending_sql(pbx)
        self.env.cr.execute(
            SQL(
                "SELECT pg_advisory_xact_lock(key), %s FROM unnest(%s::bigint[]) AS key",
                dialled,
                keys,
            )
        )
        return self.env.cr.fetchone()[1]

    @api.model
    def _try_lock(self, call):
        """Keep the call's events waiting until the end of the transaction.

        :return: whether it worked; not while an event is changing the call
        :rtype: bool
        """
        key = self._lock_key(call.pbx_id, call.pbx_ref)
        self.env.cr.execute(SQL("SELECT pg_try_advisory_xact_lock(%s)", key))
        return self.env.cr.fetchone()[0]

    @api.model
    def _lock_key(self, pbx, ref):
        name = f"call.call {pbx.id} {ref}".encode()
        return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)

    @api.model
    def _fold_calls(self, pbx, refs, dialled=False):
        """Fold the events of calls and write what has changed.

        :param bool dialled: some of them may have been dialled by a click
        """
        told = self.env["call.event"]._get_told(pbx, refs)
        states = [fold(events) for events in told.events.values()]
        news = self.env["call.fact"]._apply(pbx, states)
        self.env["call.event"]._settle(pbx, told.unsettled)
        self.env["call.event"]._drop(pbx, told.buried)
        if dialled:
            self.env["call.dial"]._join(pbx, refs)
        if news:
            self.env["call.callback"]._follow(news, told.quiet)
            self._tell_screens()

    @api.model
    def _tell_screens(self):
        """Tell open screens that calls have changed; each asks for what its user may see.

        Not more often than they ask: a screen waits a while before it does, and then sees
        this change with the one that was told last.
        """
        database, now = self.env.cr.dbname, time.monotonic()
        if now - _last_told.get(database, -PAUSE) < PAUSE:
            return
        self.env.cr.postcommit.add(lambda: _last_told.update({database: now}))
        group_id = self.env["ir.model.data"]._xmlid_to_res_id(GROUP)
        # sudo: the group is only the address of the message
        group_sudo = self.env["res.groups"].sudo().browse(group_id)
        group_sudo._bus_send("call_handling.call/changed", {}, subchannel=CHANNEL)

    # === CRON METHODS === #

    @api.model
    def _cron_close_silent(self):
        """Close calls of which nothing was heard for longer than their system allows."""
        for pbx in self.env["call.pbx"].search([("active", "in", [True, False])]):
            calls = self._search_silent(pbx)
            for call, heard in calls:
                self.env["call.event"]._assume_end(call, heard)
            self._follow(pbx, {call.pbx_ref for call, _heard in calls})
            self.env["ir.cron"]._commit_progress(1)

    @api.model
    def _search_silent(self, pbx):
        """Open calls with the time of their last event, if that is long ago.

        :rtype: list[tuple[call.call, datetime]]
        """
        before = fields.Datetime.now() - timedelta(hours=pbx.stale_hours)
        open_calls = self.env["call.call"].search(
            [("pbx_id", "=", pbx.id), ("state", "!=", "ended"), ("date_start", "<", before)]
        )
        heard = self.env["call.event"]._read_group(
            [("call_id", "in", open_calls.ids)], ["call_id"], ["date:max"]
        )
        return [(call, last) for call, last in heard if last < before]
