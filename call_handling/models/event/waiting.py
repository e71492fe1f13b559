import logging
from collections import Counter

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...intake import MAX_CALLS, Intake
from ...tools import log_failure, refresh_caches, see_concurrent_commits

_logger = logging.getLogger(__name__)

CRON = "call_handling.ir_cron_process_waiting"
BATCH = 500  # events


class CallEvent(models.Model):
    """Events that are only stored, because their request, or their telephone system, has sent
    more than is processed in time. A scheduled action updates their calls at once.

    An event of the same call that is processed meanwhile includes them: they need not be
    processed in a special order, and nothing depends on whether an event has waited.
    """

    _inherit = "call.event"

    @api.model
    def _trigger_waiting(self):
        # not env.ref(): it queries the database
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON)
        # sudo: events are processed whatever the user may see
        self.env["ir.cron"].sudo().browse(cron_id)._trigger()

    # === CRON METHODS === #

    @api.model
    def _cron_process_waiting(self):
        """Update the calls of waiting events, the oldest first."""
        waiting = [("state", "=", "waiting")]
        count = self.search_count(waiting)
        if not count:
            return
        self.env["ir.cron"]._commit_progress(remaining=count)
        see_concurrent_commits(self.env.cr)
        refresh_caches(self.env)
        last_id = 0
        while batch := self.search([*waiting, ("id", ">", last_id)], order="id", limit=BATCH):
            last_id = batch[-1].id
            if not batch._process():
                break

    def _process(self):
        """Update the calls of events, a bounded number at once.

        :return: seconds that remain for the scheduled action
        :rtype: float
        """
        remaining = float("inf")
        for pbx, events in self.grouped("pbx_id").items():
            counts = Counter(events.mapped("call_ref"))
            refs = list(counts)
            for start in range(0, len(refs), MAX_CALLS):
                part = refs[start : start + MAX_CALLS]
                self._process_calls(pbx, set(part))
                done = sum(counts[ref] for ref in part)
                remaining = self.env["ir.cron"]._commit_progress(done)
                if not remaining:
                    return remaining
        return remaining

    @api.model
    def _process_calls(self, pbx, refs):
        """Update calls. What fails beyond them does not affect the others."""
        try:
            with self.env.cr.savepoint():
                Intake(pbx).update(refs)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Somebody changes one of them at this moment: they are processed with the next run.
            self.env.cr.rollback()
            self._trigger_waiting()
        except Exception as error:
            reason = log_failure(_logger, "Waiting events cannot be processed", error)
            self.env.invalidate_all(flush=False)
            self._mark_failed(Intake(pbx), refs, reason)
