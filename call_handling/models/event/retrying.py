import logging
from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...intake import Intake
from ...tools import log_failure, refresh_caches, see_concurrent_commits
from .call_event import MAX_ATTEMPTS

_logger = logging.getLogger(__name__)

BATCH = 50  # events
FIRST_PAUSE = timedelta(minutes=15)
GROWTH = 4  # each pause is so many times as long as the one before


class CallEvent(models.Model):
    """Tries failed events again, with growing pauses."""

    _inherit = "call.event"

    @api.model
    def _cron_retry(self):
        """Try failed events again, a limited number of times. An attempt is counted before it is
        made: whatever happens to it, the others are tried, too."""
        due_ids = self._search_due().ids
        if not due_ids:
            return
        self.env["ir.cron"]._commit_progress(remaining=len(due_ids))
        see_concurrent_commits(self.env.cr)
        refresh_caches(self.env)
        for start in range(0, len(due_ids), BATCH):
            batch = self.browse(due_ids[start : start + BATCH]).exists()
            batch = batch.filtered(lambda event: event.state == "failed")
            batch._count_attempt()
            self.env["ir.cron"]._commit_progress()
            for pbx, events in batch.grouped("pbx_id").items():
                events._try_again_or_log(pbx)
            if not self.env["ir.cron"]._commit_progress(len(due_ids[start : start + BATCH])):
                break

    @api.model
    def _search_due(self):
        """Return the failed events whose pause is over, those with the fewest attempts first.

        :rtype: call.event
        """
        now = fields.Datetime.now()
        is_due = Domain("attempts", "in", (0, False))
        pause = FIRST_PAUSE
        for attempts in range(1, MAX_ATTEMPTS):
            is_due |= Domain("attempts", "=", attempts) & Domain("write_date", "<=", now - pause)
            pause *= GROWTH
        return self.search(Domain("state", "=", "failed") & is_due, order="attempts, id")

    def _count_attempt(self):
        for event in self:
            event.attempts += 1

    def _try_again_or_log(self, pbx):
        """Try events of one telephone system again. What fails beyond them has no effect."""
        try:
            with self.env.cr.savepoint():
                self._try_again(Intake(pbx))
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Somebody changes one of the calls at this moment: they are tried with the next pause.
            self.env.cr.rollback()
        except Exception as error:
            log_failure(_logger, f"Events of telephone system {pbx.id} cannot be retried", error)
            self.env.invalidate_all(flush=False)
