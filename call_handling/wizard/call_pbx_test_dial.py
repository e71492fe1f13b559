from odoo import fields, models
from odoo.exceptions import UserError


class CallPbxTestDial(models.TransientModel):
    """Has a telephone system ring a phone and then a number, to see whether it can."""

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
    number = fields.Char(required=True, help="It is called when the phone is picked up.")

    def _default_extension_id(self):
        of_system = [("pbx_id", "=", self.env.context.get("default_pbx_id"))]
        extensions = self.env["call.extension"].search(of_system)
        own = extensions.filtered(lambda extension: extension.user_id == self.env.user)
        return (own or extensions)[:1]

    def action_dial(self):
        """Ask the telephone system, and tell what it has answered.

        :raise UserError: the number is none
        """
        dials = self.env["call.dial"]
        nobody = self.env["res.partner"]
        target = dials._get_target(self.number, self.pbx_id, nobody)
        if not target:
            raise UserError(self.env._("%s is no valid telephone number.", self.number))
        # sudo: nobody writes clicks but the app
        dial_sudo = dials.sudo().create(dials._prepare_values(self.extension_id, target, nobody))
        told = dial_sudo.sudo(False).start()
        if told["state"] == "failed":
            title = self.env._("It does not dial yet")
            return self.pbx_id._notify(title, told["message"], "danger")
        if told["script"]:
            params = {"pbx_id": told["pbx_id"], "steps": told["script"]}
            return {"type": "ir.actions.client", "tag": "call_handling.play", "params": params}
        return self.pbx_id._notify(self.env._("It dials"), told["message"], "success")
