import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...tools import log_failure

_logger = logging.getLogger(__name__)

BATCH = 50  # calls in a transaction
CRON = "call_handling.ir_cron_work"


class CallWork(models.Model):
    """Work over many calls that somebody has started, and that is not done yet.

    A scheduled action does it at once, in batches, each in a transaction of its own, on behalf of
    who has started it: neither that person nor an event waits for it. It stores nothing about the
    calls but their ids, and nothing remains once it is done.
    """

    _name = "call.work"
    _description = "Work over Many Calls"
    _inherit = ["call.guard.mixin"]
    _order = "id"
    _rec_name = "kind"

    kind = fields.Char(required=True, readonly=True)
    user_id = fields.Many2one(
        "res.users", string="Started By", required=True, readonly=True, ondelete="cascade",
        when_left="kept",
    )  # fmt: skip
    is_su = fields.Boolean(
        readonly=True,
        export_string_translation=False,
        help="The calls are changed whether or not the person may see them.",
    )
    call_ids = fields.Json(required=True, readonly=True, help="Ids, in the order of the work.")
    position = fields.Integer(readonly=True, help="How many calls are done.")
    values = fields.Json(readonly=True, help="What the work needs besides the calls.")

    @api.model
    def _add(self, kind, calls, values):
        """Have work done by the scheduled action, for the current user.

        :param str kind: there is a method ``_batch_<kind>`` of calls
        :param call.call calls: in the order of the work
        :param dict values: further arguments of the method
        """
        # sudo: what is begun is also finished
        self.sudo().create(
            {
                "kind": kind,
                "user_id": self.env.uid,
                "is_su": calls.env.su,
                "call_ids": calls.ids,
                "values": values,
            }
        )
        # not env.ref(): it queries the database
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON)
        self.env["ir.cron"].sudo().browse(cron_id)._trigger()

    def _get_next(self):
        """Return the calls of the next batch that still exist, for who has started the work.

        :rtype: call.call
        """
        self.ensure_one()
        ids = self.call_ids[self.position : self.position + BATCH]
        calls = self.env["call.call"].with_user(self.user_id).sudo(self.is_su).browse(ids)
        return calls.with_context(lang=self.user_id.lang).exists()

    def _do_next(self):
        """Do the next batch. If that fails, its calls are done one by one: what concerns one of
        them does not affect the others.

        :return: how many calls were looked at
        :rtype: int
        """
        self.ensure_one()
        calls = self._get_next()
        if self._try(calls):
            reasons = [reason for call in calls if (reason := self._try(call))]
            self._notify_failed(reasons)
        size = min(BATCH, len(self.call_ids) - self.position)
        self.position += size
        if self.position >= len(self.call_ids):
            self.unlink()
        return size

    def _try(self, calls):
        """Do the work with calls, or nothing.

        :return: why it failed, for people; ``None`` if it was done
        :rtype: str | None
        """
        try:
            with self.env.cr.savepoint():
                getattr(calls, f"_batch_{self.kind}")(**(self.values or {}))
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            self.env.invalidate_all(flush=False)
            what = f"Work {self.kind} fails for calls {calls.ids[:5]}"
            reason = log_failure(_logger, what, error)
            return str(error) if isinstance(error, UserError) else reason
        return None

    def _notify_failed(self, reasons):
        """Say to who has started the work that it was not done for some calls."""
        if not reasons or self.is_su:
            return
        env = self.with_context(lang=self.user_id.lang).env
        message = env._(
            "%(count)s of the calls that you have selected remain as they are. The first reason: "
            "%(reason)s",
            count=len(reasons),
            reason=reasons[0],
        )
        self.user_id._bus_send(
            "simple_notification", {"type": "warning", "sticky": True, "message": message}
        )

    # === CRON METHODS === #

    @api.model
    def _cron_work(self):
        """Do what was started, the oldest first."""
        cron = self.env["ir.cron"]
        open_works = self.search(Domain.TRUE)
        cron._commit_progress(remaining=sum(len(w.call_ids) - w.position for w in open_works))
        while work := self.search([], limit=1):
            try:
                done = work._do_next()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                # Somebody changes one of the calls at this moment: the next run goes on.
                self.env.cr.rollback()
                done = 0
            if not cron._commit_progress(done) or not done:
                break
