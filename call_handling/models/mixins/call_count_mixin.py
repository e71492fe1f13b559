from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import public_method


class CallCountMixin(models.AbstractModel):
    """A record that calls belong to, with their number and duration."""

    _name = "call.count.mixin"
    _description = "Record with Calls"
    _call_link = None  # the field of call.call that leads to the record
    _call_total_is_shown = True  # to those who may not see all of the calls

    call_count = fields.Integer(string="Calls", compute="_compute_call_count")
    call_total_count = fields.Integer(
        string="All Calls",
        compute="_compute_call_count",
        help="Also those that the user may not see, but no private calls of others.",
    )
    call_count_label = fields.Char(string="Number of Calls", compute="_compute_call_count")
    call_hours = fields.Float(
        string="Hours of Calls",
        compute="_compute_call_count",
        help="Talk time of these calls, not rounded.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_call_count(self):
        totals, all_counts = self._get_call_totals(), self._get_all_call_counts()
        for record in self:
            count, hours = totals.get(record._origin.id, (0, 0.0))
            record.call_count, record.call_hours = count, hours
            record.call_total_count = max(count, all_counts.get(record._origin.id, 0))
            record.call_count_label = self.env["call.call"]._format_count(
                count, record.call_total_count
            )

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

    def _get_all_call_counts(self):
        """Return the number of calls by record, also of those that the user may not see.

        :rtype: dict[int, int]
        """
        if not self._call_total_is_shown:
            return {}
        of_records = Domain(self._call_link, "in", self._origin.ids)
        groups = self.env["call.call"]._count_all(of_records, [self._call_link])
        return {record.id: count for record, count in groups}

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
