from markupsafe import Markup

from odoo import api, fields, models

from ..tools import public_method


class CallPrivateConfirm(models.TransientModel):
    """Asks whether calls shall become private, or whether what remains of them shall be deleted,
    and lists what that means. It stores nothing about the calls but their ids."""

    _name = "call.private.confirm"
    _description = "Make Calls Private"

    call_ids = fields.Many2many("call.call", string="Calls", required=True, readonly=True)
    is_forgetting = fields.Boolean(readonly=True, export_string_translation=False)
    deleted = fields.Html(compute="_compute_preview", sanitize=False)
    remains = fields.Html(compute="_compute_preview", sanitize=False)
    prevents = fields.Html(compute="_compute_preview", sanitize=False)
    mode = fields.Selection(related="call_ids.company_id.call_private_mode")

    # === COMPUTE METHODS === #

    @api.depends("call_ids", "is_forgetting")
    @api.depends_context("uid", "lang")
    def _compute_preview(self):
        for wizard in self:
            lists = wizard._get_preview()
            for name in ("deleted", "remains", "prevents"):
                wizard[name] = to_list(lists[name])

    def _get_preview(self):
        """Return what becomes of everything about the calls, if the user may know it.

        :rtype: dict[str, list]
        """
        lists = {"deleted": [], "remains": [], "prevents": []}
        for call in self.call_ids:
            self._check(call)
            if self.is_forgetting:
                lists["deleted"].append(call.display_name)
                continue
            for name, texts in call._get_private_preview().items():
                lists[name] += texts
        return lists

    # === ACTION METHODS === #

    @api.model
    def _open(self, calls, is_forgetting):
        """Return the action that asks about calls.

        :param call.call calls: the calls
        :param bool is_forgetting: they are private already, and shall be deleted
        :rtype: dict
        """
        wizard = self.create({"call_ids": calls.ids, "is_forgetting": is_forgetting})
        title = self.env._("Delete Private Call") if is_forgetting else self.env._("Make Private")
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": self._name,
            "res_id": wizard.id,
            "views": [(False, "form")],
            "target": "new",
            "context": {"dialog_size": "medium"},
        }

    @public_method(one=True)
    def action_confirm(self):
        """Make the calls private, or delete what remains of them.

        :return: the list to go on with. The dialog is only closed if the calls remain, or if it
            was not opened from them (``call_handling_stay`` in the context)
        :rtype: dict
        :raise UserError: a call is somebody else's, or it is too late
        """
        calls, is_forgetting = self.call_ids, self.is_forgetting
        for call in calls:
            self._check(call)
        for call in calls:
            if is_forgetting:
                call._forget_private()
            else:
                call._give_to(self.env.user)
                call._make_private()
        if self.env.context.get("call_handling_stay") or calls.exists() == calls:
            return {"type": "ir.actions.act_window_close"}
        name = "call_call_action_private" if is_forgetting else "call_call_action_my"
        action = self.env["ir.actions.act_window"]._for_xml_id(f"call_handling.{name}")
        # The form of a deleted call must not remain in the breadcrumbs.
        return action | {"target": "main"}

    def _check(self, call):
        if self.is_forgetting:
            call._check_forget_private()
        else:
            call._check_make_private()


def to_list(texts):
    """Return texts as a list in HTML; ``False`` if there are none."""
    items = Markup().join(Markup("<li>%s</li>") % text for text in texts)
    return Markup("<ul class='mb-0'>%s</ul>") % items if texts else False
