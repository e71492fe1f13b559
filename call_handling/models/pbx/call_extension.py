from odoo import api, fields, models, tools


class CallExtension(models.Model):
    """Whose phone it is: an extension, a SIP name, an e-mail address, or whatever the telephone
    system calls a person by."""

    _name = "call.extension"
    _description = "Extension"
    _inherit = ["call.cached.mixin"]
    _order = "pbx_id, number"
    _rec_name = "number"

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, index=True, ondelete="cascade"
    )
    number = fields.Char(
        string="Extension",
        required=True,
        help="What the telephone system calls the phone or its owner: extension, SIP name, e-mail "
        "address, number, or id of the user.",
    )
    user_id = fields.Many2one("res.users", string="Person", index=True, ondelete="cascade")
    company_id = fields.Many2one(related="pbx_id.company_id")

    _number_uniq = models.UniqueIndex(
        "(pbx_id, lower(number))", "This extension of the telephone system already exists."
    )

    @api.depends("number", "user_id")
    def _compute_display_name(self):
        for extension in self:
            owner = extension.user_id.name
            extension.display_name = f"{extension.number} {owner}" if owner else extension.number

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["number"] = (vals.get("number") or "").strip()
        return super().create(vals_list)

    def write(self, vals):
        if vals.get("number"):
            vals = vals | {"number": vals["number"].strip()}
        return super().write(vals)

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache("pbx_id")
    def _get_owners(self, pbx_id):
        """Return the owners of a telephone system's phones. Cached, since every event needs it.

        :param int pbx_id: id of the telephone system
        :return: id of the user, or ``False``, by extension in lower case
        :rtype: dict[str, int | bool]
        """
        extensions_sudo = self.sudo().search([("pbx_id", "=", pbx_id)])
        return {extension.number.lower(): extension.user_id.id for extension in extensions_sudo}
