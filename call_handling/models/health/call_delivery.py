from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.constants import GC_UNLINK_LIMIT

from ...adapters.request import Refusal
from .deliveries import ARCHIVED, FAILED, MALFORMED, OTHER

KEEP_DAYS = 14
REASONS = {
    **dict(Refusal.choices()),
    MALFORMED: "The body could not be read. It is listed under Failed Events.",
    FAILED: "Odoo could not store it. The telephone system has to send it again.",
    ARCHIVED: "The telephone system is archived in Odoo, so nothing is accepted at its address.",
    OTHER: "Something else than events was sent to the address.",
}


class CallDelivery(models.Model):
    """How a request of a telephone system was answered. Nothing of its content, not even which
    call it is about.

    It is written in plain SQL after the answer, see :mod:`.deliveries`. Requests that were not
    accepted share one row per minute, status and reason.
    """

    _name = "call.delivery"
    _description = "Request of a Telephone System"
    _inherit = ["call.guard.mixin"]
    _order = "date desc, id desc"
    _rec_name = "date"
    _log_access = False

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, readonly=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    date = fields.Datetime(string="Answered At", required=True, readonly=True)
    status = fields.Integer(
        readonly=True, aggregator=None, help="HTTP status of the answer. 200: accepted."
    )
    reason = fields.Selection(list(REASONS.items()), readonly=True)
    request_count = fields.Integer(string="Requests", readonly=True)
    duration = fields.Integer(
        string="Duration (ms)",
        readonly=True,
        aggregator="max",
        help="In milliseconds. Of several requests, the longest.",
    )
    size = fields.Integer(
        string="Size (bytes)",
        readonly=True,
        aggregator="max",
        help="Of the body, in bytes. Of several requests, the largest.",
    )
    accepted = fields.Integer(readonly=True)
    duplicates = fields.Integer(string="Known Already", readonly=True)
    failed = fields.Integer(string="Not Understood", readonly=True)

    _date_idx = models.Index("(pbx_id, date)")
    _refused_uniq = models.UniqueIndex("(pbx_id, date, status, reason) WHERE reason IS NOT NULL")

    # === CRON METHODS === #

    @api.autovacuum
    def _gc_old(self):
        """Delete the rows of more than two weeks ago."""
        self.env.cr.execute(
            SQL(
                """
                DELETE FROM call_delivery
                 WHERE id IN (SELECT id FROM call_delivery WHERE date < %s ORDER BY id LIMIT %s)
                """,
                fields.Datetime.now() - timedelta(days=KEEP_DAYS),
                GC_UNLINK_LIMIT,
            )
        )
        count = self.env.cr.rowcount
        self.invalidate_model(flush=False)
        return count, count == GC_UNLINK_LIMIT
