from datetime import timedelta

from odoo import Command, api, fields, models, tools
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...intake import Intake
from ...tools import ADMIN, AUTOMATIC, HISTORY, KEEPING_EVENTS
from ..event.call_event import DELETED

BATCH = 100  # calls
CRON = "call_handling.ir_cron_complete_calls"


class CallCall(models.Model):
    """Which calls are history, and how recorded calls are completed.

    Nothing follows from history automatically any more, and nobody is informed. What is known
    about such calls is still completed, and people can do with them whatever they can do with any
    call.

    Calls with devices of which nobody knows whether they are phones or trunks, and whose, are
    completed once that is decided. That is history: nothing is created from a call that ended
    before it was completed. See :attr:`intake.Intake.is_history`.
    """

    _inherit = "call.call"

    unknown_peers = fields.Char(string="Unknown Phones or Trunks", readonly=True, copy=False)
    unknown_peer_ids = fields.Many2many(
        "call.peer",
        "call_call_unknown_peer_rel",
        "call_id",
        "peer_id",
        readonly=True,
        copy=False,
        groups=ADMIN,
        export_string_translation=False,
    )
    is_to_complete = fields.Boolean(readonly=True, copy=False, export_string_translation=False)

    _unknown_peers_idx = models.Index("(id) WHERE unknown_peers IS NOT NULL")
    _to_complete_idx = models.Index("(id) WHERE is_to_complete IS TRUE")

    # === CRUD METHODS === #

    def unlink(self):
        """Override: a call that was deleted does not come back with a late or repeated event.
        Unless the app itself has deleted the events before, to read them again."""
        if not (self.env.su and KEEPING_EVENTS.get(self.env)):
            self.check_access("unlink")
            # sudo: whoever may delete a call need not see its events
            events_sudo = self.env["call.event"].sudo()
            for call in self:
                is_known = call.is_closed or not self.env.su
                if is_known or events_sudo.search_count(events_sudo._get_domain_of(call)):
                    events_sudo._forget(call, DELETED)
        return super().unlink()

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_peers(self, draft):
        """Note devices that the register does not know. It costs nothing as long as there are
        none, or the same as before.

        :param intake.draft.Draft draft: a call with its new facts, not a private one
        """
        names = draft.state.unknown_peers
        shown = ", ".join(names) or False
        if shown == (draft.call.unknown_peers or False):
            return
        peers = self.env["call.peer"]._ensure(draft.intake.pbx, names)
        peers.filtered(lambda peer: not peer.is_heard).is_heard = True
        draft.values |= {
            "unknown_peers": shown,
            "unknown_peer_ids": [Command.set(peers.ids)],
        }

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache()
    def _get_restricting_links(self):
        """Return by which fields calls, and the settings for calls, keep other records from being
        deleted.

        :return: by name of the model referred to: pairs of a model and the names of its fields
        :rtype: dict[str, tuple]
        """
        links = {}
        for name, model in sorted(self.env.registry.items()):
            if name.startswith("call.") and model._auto and not model._transient:
                for field in model._fields.values():
                    if field.type == "many2one" and field.store and field.ondelete == "restrict":
                        found = links.setdefault(field.comodel_name, {})
                        found.setdefault(name, []).append(field.name)
        return {model: tuple(found.items()) for model, found in links.items()}

    def _unlink_keeping_events(self):
        """Delete rows that have become part of another call, or are no call at all: their events
        remain."""
        self.with_context(**KEEPING_EVENTS.set()).unlink()

    def _is_history(self):
        """Return whether the call is history: it ended or, if no end is known, began longer ago
        than its company wants. On the way of every event, so it must not query the database.

        ``HISTORY`` in the context decides, where it is set: ``True`` while calls
        are completed, ``False`` for what a person asks for.

        :rtype: bool
        """
        self.ensure_one()
        known = HISTORY.get(self.env)
        if known is not None:
            return known
        days = self.env["res.company"]._get_call_history_days(self.company_id.id)
        last = self.date_end or self.date_start
        return bool(days) and last < fields.Datetime.now() - timedelta(days=days)

    @api.model
    def _trigger_completion(self):
        # sudo: calls are completed whatever the user may see
        self.env.ref(CRON).sudo()._trigger()

    def _complete(self):
        """Compute calls again from their events, with what is known now."""
        for pbx, calls in self.grouped("pbx_id").items():
            for is_history, own in calls.grouped(lambda call: call.state == "ended").items():
                refs = set(own.mapped("pbx_ref"))
                Intake(pbx, is_history=is_history or None).update(refs)
        remaining = self.exists().with_context(**AUTOMATIC.set())
        remaining.is_to_complete = False
        remaining._forget_decided_peers()

    def _forget_decided_peers(self):
        """Wait no longer for devices about which something was decided, even if the call could
        not be completed: otherwise it would be tried forever."""
        for call in self.filtered("unknown_peers"):
            unknown = call.unknown_peer_ids.filtered(lambda peer: peer.kind == "undecided")
            if unknown != call.unknown_peer_ids:
                names = ", ".join(sorted(unknown.mapped("name")))
                call.unknown_peers = names or False
                call.unknown_peer_ids = [Command.set(unknown.ids)]

    @api.model
    def _mark_overlooked(self):
        """Mark calls whose events were processed by one worker while another one recorded the
        decision."""
        decided = [("unknown_peer_ids.kind", "!=", "undecided"), ("is_to_complete", "=", False)]
        calls = self.search([("unknown_peers", "!=", False), *decided])
        calls.with_context(**AUTOMATIC.set()).is_to_complete = True

    # === CRON METHODS === #

    @api.model
    def _cron_complete(self):
        """Complete the calls about whose phones or trunks something was decided, the newest
        first."""
        self._mark_overlooked()
        domain = [("is_to_complete", "=", True)]
        self.env["ir.cron"]._commit_progress(remaining=self.search_count(domain))
        while due := self.search(domain, order="id desc", limit=BATCH):
            try:
                due._complete()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # somebody changes one of them at this moment
                self.env.cr.rollback()
                self._trigger_completion()
                break
            if not self.env["ir.cron"]._commit_progress(len(due)):
                break
