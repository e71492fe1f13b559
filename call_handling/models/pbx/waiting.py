from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import public_method
from .findings import Finding
from .severity import DANGER

LATE_MINUTES = 10


class CallPbx(models.Model):
    """Events that are stored, and whose calls are updated in the background."""

    _inherit = "call.pbx"

    waiting_count = fields.Integer(
        string="Waiting Events",
        compute="_compute_waiting_count",
        help="Stored events of more calls than can be updated at once. They are processed in the "
        "background.",
    )

    # === COMPUTE METHODS === #

    def _compute_waiting_count(self):
        waiting = Domain("pbx_id", "in", self._origin.ids) & Domain("state", "=", "waiting")
        counts = dict(self.env["call.event"]._read_group(waiting, ["pbx_id"], ["__count"]))
        for pbx in self:
            pbx.waiting_count = counts.get(pbx._origin, 0)

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_waiting(self):
        """Open the events that wait."""
        action = self.action_view_events()
        return action | {"context": {"search_default_waiting": 1}}

    # === BUSINESS METHODS === #

    @api.model
    def _get_finding_names(self):
        return [*super()._get_finding_names(), "waiting"]

    def _find_waiting(self):
        """Return that events have waited for longer than it takes to process them."""
        before = fields.Datetime.now() - timedelta(minutes=LATE_MINUTES)
        waiting = Domain("pbx_id", "=", self.id) & Domain("state", "=", "waiting")
        late = waiting & Domain("create_date", "<", before)
        if not (count := self.env["call.event"].search_count(late)):
            return None
        text = self.env._(
            "%(count)s events have been waiting for more than %(minutes)s minutes. Check that "
            "Odoo's scheduled actions run, and that “Calls: process telephone events that wait” "
            "is active.",
            count=count,
            minutes=LATE_MINUTES,
        )
        return Finding("waiting", DANGER, text, self.env._("Events"), "action_view_waiting")
