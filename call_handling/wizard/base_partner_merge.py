from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Override to keep the main numbers of merged contacts: their later calls
        are still matched with the remaining contact."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        numbers = set(partners.mapped("phone_sanitized")) - {False}
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        if left := partners.exists():
            self._keep_numbers(left[0], numbers)
        return result

    def _keep_numbers(self, partner, numbers):
        known = {number for number, _is_block in partner._get_all_numbers()}
        self.env["call.number"].create(
            [{"partner_id": partner.id, "number": number} for number in sorted(numbers - known)]
        )
