from odoo import api, fields, models


class CallCountMixin(models.AbstractModel):
    """A record that calls belong to, with how many there are and how long they lasted."""

    _name = "call.count.mixin"
    _description = "Record with Calls"
    _call_link = None  # field of call.call that leads here

    call_count = fields.Integer(
        compute="_compute_call_count", groups="call_handling.group_call_handling_own"
    )
    call_hours = fields.Float(
        compute="_compute_call_count", groups="call_handling.group_call_handling_own"
    )

    @api.depends_context("uid", "allowed_company_ids")
    def _compute_call_count(self):
        groups = self.env["call.call"]._read_group(
            [(self._call_link, "in", self.ids)],
            [self._call_link],
            ["__count", "talk_seconds:sum"],
        )
        totals = {record.id: (count, seconds / 3600) for record, count, seconds in groups}
        for record in self:
            record.call_count, record.call_hours = totals.get(record._origin.id, (0, 0.0))

    def action_view_calls(self):
        """Open the calls that belong to the record."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return action | {
            "domain": [(self._call_link, "=", self.id)],
            "context": {f"default_{self._call_link}": self.id},
        }
