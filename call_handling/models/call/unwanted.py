from odoo import api, models
from odoo.exceptions import UserError

from ...adapters.event import ANONYMOUS
from ...adapters.numbering import same_numbers
from ...tools import public_method

UNWANTED_CATEGORY = "call_handling.call_category_unwanted"


class CallCall(models.Model):
    """Calls from unwanted numbers."""

    _inherit = "call.call"

    # === ACTION METHODS === #

    @public_method()
    def action_block_number(self):
        """Mark the number of the call as unwanted."""
        self.check_access("write")
        for call in self:
            if not call.remote_number or call.direction != "incoming":
                raise UserError(
                    self.env._("Only the number of an incoming call can be marked as unwanted.")
                )
            self.env["call.block"]._block(call.remote_number, call.company_id)

    @public_method()
    def action_unblock_number(self):
        """Accept calls from the number of the call again.

        :raise UserError: a prefix is unwanted, which only an administrator decides
        """
        self.check_access("write")
        for call in self:
            # sudo: whoever may mark calls as unwanted may undo it
            block_sudo = self.env["call.block"].sudo()
            domain = [("number", "in", same_numbers(call.remote_number)), ("is_prefix", "=", False)]
            domain += [("company_id", "=", call.company_id.id), ("is_withheld", "=", False)]
            block_sudo.search(domain).unlink()
            if call.is_blocked:
                raise UserError(
                    self.env._(
                        "All numbers with this prefix are unwanted. An administrator can change "
                        "that under Configuration, Unwanted Numbers."
                    )
                )

    # === BUSINESS METHODS === #

    def _prepare_block_values(self, number, direction, company):
        """Return whether the call is unwanted, and the category that follows from it.

        :param str number: of the remote party; ``ANONYMOUS`` if it is withheld
        :param str direction: of the call
        :param res.company company: in which the call is
        :rtype: dict
        """
        is_blocked = direction == "incoming" and self.env["call.block"]._is_blocked(
            number, company.id
        )
        values = {"is_blocked": is_blocked}
        if is_blocked == self.is_blocked or "category_id" in (self.manual_fields or ()):
            return values
        # not env.ref(): it queries the database, and this is on the way of events
        unwanted_id = self.env["ir.model.data"]._xmlid_to_res_id(UNWANTED_CATEGORY)
        if is_blocked:
            values["category_id"] = unwanted_id
        elif self.category_id.id == unwanted_id:
            values["category_id"] = self.line_id.category_id.id
        return values

    @api.model
    def _update_blocked(self, domain):
        """Mark calls as unwanted, or no longer so, after the unwanted numbers have changed.

        :param Domain domain: the calls in question
        """
        # sudo: whoever changes an unwanted number need not see all of its calls
        for call_sudo in self.sudo().search(domain):
            caller = ANONYMOUS if call_sudo.is_anonymous else call_sudo.remote_number
            values = call_sudo._prepare_block_values(
                caller, call_sudo.direction, call_sudo.company_id
            )
            if values["is_blocked"] != call_sudo.is_blocked:
                call_sudo.write(values)
                call_sudo._reprocess()
                self.env["call.callback"]._update(call_sudo)
