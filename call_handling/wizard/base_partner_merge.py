from odoo import models
from odoo.exceptions import AccessError


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Override to keep the main numbers of merged contacts: their later calls
        are still matched with the remaining contact."""
        partners = self.env["res.partner"].browse(partner_ids).exists()
        self._check_calls_are_private(partners)
        numbers = set(partners.mapped("phone_sanitized")) - {False}
        # sudo: calls follow, whatever of them the user may see
        Call_sudo = self.env["call.call"].sudo()
        unclear_sudo = Call_sudo.search(
            [("match", "=", "ambiguous"), ("candidate_ids", "in", partners.ids)]
        )
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        if left := partners.exists():
            self._keep_numbers(left[0], numbers)
            unclear_sudo._decide_after_merge(left[0])
        return result

    def _check_calls_are_private(self, partners):
        """Check that a merge changes for no contact whether its calls are private, unless the
        user may decide that.

        :param res.partner partners: that are merged
        :raise AccessError: calls would become private, or no longer be
        """
        # sudo: only administrators of calls see which calls are private
        private_sudo = partners.sudo().filtered("calls_are_private")
        if private_sudo and partners - private_sudo and not partners._may_make_calls_private():
            raise AccessError(
                self.env._(
                    "The calls of some of these contacts are private, those of others are not. "
                    "Ask an administrator of calls to merge them."
                )
            )

    def _update_values(self, src_partners, dst_partner):
        """Override: calls of a contact that are kept for ever remain so, whoever merges it."""
        # sudo: whoever merges contacts need not decide which calls are kept
        if not dst_partner.sudo().is_call_kept:
            for partner_sudo in src_partners.sudo().filtered("is_call_kept")[:1]:
                names = ("is_call_kept", "call_keep_reason", "call_kept_on")
                values = {name: partner_sudo[name] for name in names}
                dst_partner.sudo().write(
                    values | {"call_kept_by_id": partner_sudo.call_kept_by_id.id}
                )
        return super()._update_values(src_partners, dst_partner)

    def _update_foreign_keys(self, src_partners, dst_partner):
        """Override: contacts that become one may have had the same number, but the remaining one
        has it only once. A choice that was remembered for it remains."""
        # sudo: whoever merges contacts need not see their numbers
        numbers_sudo = self.env["call.number"].sudo()
        of_all = [("partner_id", "in", (src_partners | dst_partner).ids)]
        for same_sudo in numbers_sudo.search(of_all).grouped("number").values():
            first, *others = same_sudo.sorted(lambda one: (one.partner_id != dst_partner, one.id))
            for other in others:
                first.is_learned |= other.is_learned
                first.is_block |= other.is_block
                other.unlink()
        calls = self.env["call.call"]
        moved_sudo = calls._search_of_contacts(src_partners)
        result = super()._update_foreign_keys(src_partners, dst_partner)
        calls._follow_merge(moved_sudo, src_partners, dst_partner)
        return result

    def _keep_numbers(self, partner, numbers):
        known = {number for number, _is_block in partner._get_all_numbers()}
        self.env["call.number"].create(
            [{"partner_id": partner.id, "number": number} for number in sorted(numbers - known)]
        )
