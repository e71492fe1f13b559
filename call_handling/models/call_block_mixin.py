from odoo import api, fields, models
from odoo.exceptions import UserError

UNWANTED = "call_handling.call_category_unwanted"


class CallBlockMixin(models.AbstractModel):
    """Calls of unwanted numbers."""

    _name = "call.block.mixin"
    _description = "Unwanted Calls"

    is_blocked = fields.Boolean(
        string="Unwanted", readonly=True, copy=False, index="btree_not_null"
    )

    def action_block_number(self):
        """Name the number of the call an unwanted one."""
        self.check_access("write")
        for call in self:
            if not call.remote_number or call.direction != "incoming":
                raise UserError(self.env._("Only a caller who shows a number can be unwanted."))
            self.env["call.block"]._block(call.remote_number, call.company_id)

    def action_unblock_number(self):
        """The number of the call is not unwanted any more.

        :raise UserError: it is unwanted with many others, which only an administrator decides
        """
        self.check_access("write")
        for call in self:
            # sudo: whoever may say that calls are unwanted may take it back
            block_sudo = self.env["call.block"].sudo()
            domain = [("number", "=", call.remote_number), ("is_prefix", "=", False)]
            domain += [("company_id", "=", call.company_id.id)]
            block_sudo.search(domain).unlink()
            if call.is_blocked:
                raise UserError(
                    self.env._(
                        "All numbers that begin like this are unwanted. An administrator can "
                        "change that under Configuration, Unwanted Numbers."
                    )
                )

    @api.model
    def _prepare_block_values(self, number, direction, company):
        """Whether a call is unwanted, and the category that follows from it.

        :rtype: dict
        """
        is_blocked = direction == "incoming" and self.env["call.block"]._is_blocked(
            number, company.id
        )
        values = {"is_blocked": is_blocked}
        if is_blocked == self.is_blocked or "category_id" in (self.by_hand or ()):
            return values
        # not env.ref(): it asks the database, and this is on the way of events
        unwanted_id = self.env["ir.model.data"]._xmlid_to_res_id(UNWANTED)
        if is_blocked:
            values["category_id"] = unwanted_id
        elif self.category_id.id == unwanted_id:
            values["category_id"] = self.line_id.category_id.id
        return values
