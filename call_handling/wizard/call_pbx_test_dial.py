from odoo import fields, models
from odoo.exceptions import UserError

from ..tools import display_notification, public_method


class CallPbxTestDial(models.TransientModel):
    """Tests whether a telephone system can dial: it rings a phone, and then a number."""

    _name = "call.pbx.test.dial"
    _description = "Test Dialling"

    pbx_id = fields.Many2one("call.pbx", string="Telephone System", required=True)
    extension_id = fields.Many2one(
        "call.extension",
        string="Phone",
        required=True,
        domain="[('pbx_id', '=', pbx_id)]",
        default=lambda self: self._default_extension_id(),
        help="It rings first.",
    )
    number = fields.Char(required=True, help="It is called when the phone is answered.")

    def _default_extension_id(self):
        of_system = [("pbx_id", "=", self.env.context.get("default_pbx_id"))]
        extensions = self.env["call.extension"].search(of_system)
        own = extensions.filtered(lambda extension: extension.user_id == self.env.user)
        return (own or extensions)[:1]

    @public_method(one=True)
    def action_dial(self):
        """Ask the telephone system to dial, and show its answer.

        :raise UserError: the number is not valid
        """
        dials = self.env["call.dial"]
        nobody = self.env["res.partner"]
        target = dials._get_target(self.number, self.pbx_id, nobody)
        if not target:
            raise UserError(
                self.env._("%s is not a valid telephone number. Correct it.", self.number)
            )
        # sudo: only the app itself writes clicks
        dial_sudo = dials.sudo().create(dials._prepare_values(self.extension_id, target, nobody))
        answer = dial_sudo.sudo(False).start()
        if answer["state"] == "failed":
            title = self.env._("Dialling Failed")
            return display_notification(answer["message"], "danger", title)
        if answer["script"]:
            params = {"pbx_id": answer["pbx_id"], "steps": answer["script"]}
            return {"type": "ir.actions.client", "tag": "call_handling.play", "params": params}
        return display_notification(answer["message"], title=self.env._("Dialling"))
