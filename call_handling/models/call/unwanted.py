from odoo import api, models
from odoo.exceptions import AccessError, UserError

from ...adapters.event import ANONYMOUS
from ...tools import public_method

UNWANTED_CATEGORY = "call_handling.call_category_unwanted"


class CallCall(models.Model):
    """Calls from unwanted numbers."""

    _inherit = "call.call"

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_block_number(self):
        """Ask whether to mark the number of the call as unwanted, and say what follows from it.

        :raise UserError: nobody has called from a number
        """
        self.check_access("write")
        self._check_can_be_unwanted()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Unwanted Number"),
            "res_model": "call.unwanted",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_call_id": self.id, "dialog_size": "medium"},
        }

    @public_method()
    def action_unblock_number(self):
        """Accept calls from the number of the call again.

        :raise AccessError: the user does not decide which numbers are unwanted
        :raise UserError: a prefix is unwanted, which only an administrator decides
        """
        self.check_access("write")
        blocks = self.env["call.block"]
        if not blocks._may_decide():
            raise AccessError(
                self.env._(
                    "Only leads of departments and administrators of calls can unblock a number. "
                    "Ask one of them."
                )
            )
        for call in self.filtered("remote_number"):
            blocks._unblock(call.remote_number, call.company_id)
            if call.is_blocked:
                raise UserError(
                    self.env._(
                        "All numbers with this prefix are unwanted. An administrator can change "
                        "that under Configuration, Unwanted Numbers."
                    )
                )

    # === BUSINESS METHODS === #

    def _check_can_be_unwanted(self):
        self.ensure_one()
        if not self.remote_number or self.direction != "incoming":
            raise UserError(
                self.env._("Only the number of an incoming call can be marked as unwanted.")
            )

    def _mark_unwanted(self):
        """Mark the number of the call as unwanted or, if the user does not decide that, propose
        it.

        :return: the proposal, if it is one
        :rtype: call.proposal
        """
        self.check_access("write")
        self._check_can_be_unwanted()
        proposals = self.env["call.proposal"]
        if not self.env["call.block"]._may_decide():
            return proposals._propose("unwanted", self)
        self.env["call.block"]._block(self.remote_number, self.company_id, self)
        proposals._find_open("unwanted", self)._close("confirmed")
        return proposals

    def _is_number_reported(self):
        """Return whether a telephone system has reported the number. One that a person has
        entered is no evidence of whose number it is.

        :rtype: bool
        """
        self.ensure_one()
        return bool(self.pbx_id) and "remote_number" not in (self.reported_values or {})

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
                self.env["call.callback"]._update(call_sudo._reprocess())
