import logging

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...tools import AUTOMATIC, HISTORY, log_failure, public_method

_logger = logging.getLogger(__name__)

BATCH = 100  # calls
CRON = "call_handling.ir_cron_run_jobs"


class CallCall(models.Model):
    """Jobs: what is created from calls without a person, such as tasks and timesheet lines.

    An event is accepted quickly, whatever else fails. So what takes long or may fail is only
    scheduled on its way, and done by a scheduled action at once.

    An addon adds a job by overriding :meth:`_get_job_names`, with a method
    ``_needs_job_<name>``, which must be cheap, and a method ``_run_job_<name>``.
    """

    _inherit = "call.call"

    has_pending_jobs = fields.Boolean(
        readonly=True,
        copy=False,
        export_string_translation=False,
        when_joined="any",
    )
    job_error = fields.Char(string="Failed Job", readonly=True, copy=False, prefetch=False)

    _pending_jobs_idx = models.Index("(id) WHERE has_pending_jobs IS TRUE")

    # === STEPS OF THE INTAKE === #

    @api.model
    def _intake_jobs(self, draft):
        """Schedule the jobs that a call with something new needs."""
        draft.call._schedule_jobs()

    # === ACTION METHODS === #

    @public_method()
    def action_retry_jobs(self):
        """Try again what has failed."""
        self.check_access("write")
        for call in self:
            # sudo: jobs do not depend on the rights of the user
            call.sudo().with_context(**HISTORY.set(False))._run_jobs()

    # === BUSINESS METHODS === #

    @api.model
    def _get_job_names(self):
        """Return the names of all jobs, in their order: what is found need not be created, and
        what is created may determine where the time is logged.

        :rtype: list[str]
        """
        return ["attach", "follow_up", "timesheet"]

    def _get_needed_jobs(self):
        """Return the names of the jobs that the call needs. On the way of every event: cheap.

        :rtype: list[str]
        """
        self.ensure_one()
        return [name for name in self._get_job_names() if getattr(self, f"_needs_job_{name}")()]

    def _schedule_jobs(self):
        """Have the needed jobs done by the scheduled action."""
        due_sudo = self.sudo().filtered(
            lambda call: not call.has_pending_jobs and call._get_needed_jobs()
        )
        if due_sudo:
            due_sudo.with_context(**AUTOMATIC.set()).write({"has_pending_jobs": True})
            self._trigger_jobs()

    @api.model
    def _trigger_jobs(self):
        # not env.ref(): it queries the database
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON)
        # sudo: jobs do not depend on the rights of the user
        self.env["ir.cron"].sudo().browse(cron_id)._trigger()

    def _run_jobs(self):
        """Run the needed jobs. The call shows what has failed."""
        self.ensure_one()
        error = self._try_jobs()
        self.with_context(**AUTOMATIC.set()).write({"has_pending_jobs": False, "job_error": error})

    def _run_jobs_or_wait(self):
        """Run the needed jobs or, if somebody changes the call at this moment, trigger them
        again. So one call never stops the others."""
        try:
            self._run_jobs()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            self.env.cr.rollback()
            self._trigger_jobs()

    def _try_jobs(self):
        """Run the needed jobs; if one fails, nothing of them remains.

        :return: why it failed, for people; ``False`` if it did not
        """
        try:
            with self.env.cr.savepoint():
                for name in self._get_needed_jobs():
                    getattr(self, f"_run_job_{name}")()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except UserError as error:
            self.env.invalidate_all(flush=False)
            return str(error)
        except Exception as error:
            self.env.invalidate_all(flush=False)
            return log_failure(_logger, f"A job of call {self.id} failed", error)
        return False

    # === CRON METHODS === #

    @api.model
    def _cron_run_jobs(self):
        """Run the pending jobs. Calls that somebody changes at this moment come later."""
        due = self.search([("has_pending_jobs", "=", True)], order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for call in due[:BATCH]:
            if not call._try_lock():
                self._trigger_jobs()
            elif call.has_pending_jobs:
                call._run_jobs_or_wait()
            if not self.env["ir.cron"]._commit_progress(1):
                break
