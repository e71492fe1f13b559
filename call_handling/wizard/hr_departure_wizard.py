from odoo import models


class HrDepartureWizard(models.TransientModel):
    _inherit = "hr.departure.wizard"

    def action_register_departure(self):
        """Override to ask who takes over the phones, own numbers and open callbacks."""
        ends = self.env.context.get("employee_termination")
        leaving = self.employee_ids.filtered(lambda employee: ends or not employee.active)
        handover = self.env["call.handover"]._prepare_for_employees(leaving)
        return handover._then_open(super().action_register_departure())
