from odoo import api, fields, models

from ...tools import public_method


class CallCountMixin(models.AbstractModel):
    """A record that calls belong to, with their number and duration."""

    _name = "call.count.mixin"
    _description = "Record with Calls"
    _call_link = None  # the field of call.call that leads to the record

    call_count = fields.Integer(string="Calls", compute="_compute_call_count")
    call_hours = fields.Float(
        string="Hours of Calls",
        compute="_compute_call_count",
        help="Talk time of these calls, not rounded.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_call_count(self):
        totals = self._get_call_totals()
        for record in self:
            record.call_count, record.call_hours = totals.get(record._origin.id, (0, 0.0))

    def _get_call_totals(self):
        """Return the number of calls that the user may see, and their hours, by record.

        :rtype: dict[int, tuple[int, float]]
        """
        Call = self.env["call.call"]
        if not Call.has_access("read"):
            return {}
        groups = Call._read_group(
            [(self._call_link, "in", self._origin.ids)],
            [self._call_link],
            ["__count", "talk_seconds:sum"],
        )
        return {record.id: (count, seconds / 3600) for record, count, seconds in groups}

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_calls(self):
        """Open the calls that belong to the record."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return action | {
            "display_name": self.env._("Calls: %s", self.display_name),
            "domain": [(self._call_link, "=", self.id)],
            "context": {f"default_{self._call_link}": self.id},
        }
