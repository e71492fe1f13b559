from odoo import api, fields, models

from ..tools import display_notification, public_method
from .call_private_confirm import to_list


class CallDeleteConfirm(models.TransientModel):
    """Asks whether calls shall be deleted, and lists what goes with them and what stays. It stores
    nothing about the calls but their ids."""

    _name = "call.delete.confirm"
    _description = "Delete Calls"

    call_ids = fields.Many2many("call.call", string="Calls", required=True, readonly=True)
    deleted = fields.Html(compute="_compute_preview", sanitize=False)
    remains = fields.Html(compute="_compute_preview", sanitize=False)

    # === COMPUTE METHODS === #

    @api.depends("call_ids")
    @api.depends_context("uid", "lang")
    def _compute_preview(self):
        for wizard in self:
            # a dialog that is not stored yet has its calls as new records: no rule holds for them
            lists = wizard.call_ids._origin._get_deletion_preview()
            wizard.deleted = to_list(lists["deleted"])
            wizard.remains = to_list(lists["remains"])

    # === ACTION METHODS === #

    @api.model
    def _open(self, calls):
        """Return the action that asks about calls.

        :param call.call calls: the calls
        :rtype: dict
        """
        wizard = self.create({"call_ids": calls.ids})
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Delete Calls"),
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "medium"},
        }

    @public_method(one=True)
    def action_confirm(self):
        """Delete the calls; of many, the last ones in the background.

        :return: the list to go on with
        :rtype: dict
        """
        self.call_ids.check_access("unlink")
        remaining = self.call_ids._do_in_batches("delete")
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        # The form of a deleted call must not remain in the breadcrumbs.
        action |= {"target": "main"}
        if not remaining:
            return action
        message = self.env._(
            "%s more calls are deleted in the background. They vanish from the list within the "
            "next minutes.",
            remaining,
        )
        return display_notification(message, "info", then=action)
