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
    employee_id = fields.Many2one(
        "hr.employee",
        index="btree_not_null",
        ondelete="set null",
        help="Whose phone it is, if the employee has no user.",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        index=True,
        ondelete="cascade",
    )
    company_id = fields.Many2one(related="pbx_id.company_id")

    _number_uniq = models.UniqueIndex(
        "(pbx_id, lower(number))", "This extension of the telephone system already exists."
    )

    # === COMPUTE METHODS === #

    @api.depends("employee_id")
    def _compute_user_id(self):
        for extension in self.filtered("employee_id"):
            # sudo: which user an employee is, is not confidential; the employee's record may be
            extension.user_id = extension.employee_id.sudo().user_id

    @api.depends("number", "user_id", "employee_id")
    def _compute_display_name(self):
        for extension in self:
            # sudo: the name of a colleague is not confidential
            owner = extension.user_id.name or extension.employee_id.sudo().name
            extension.display_name = f"{extension.number} {owner}" if owner else extension.number

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            vals["number"] = str(vals.get("number") or "").strip()
        extensions = super().create(vals_list)
        self._follow_names(extensions._get_names())
        return extensions

    def write(self, vals):
        if vals.get("number"):
            vals = vals | {"number": str(vals["number"]).strip()}
        names = self._get_names()
        self._follow_names(names)  # what was entered until now, if it is not recorded yet
        result = super().write(vals)
        self._follow_names(names | self._get_names())
        return result

    def unlink(self):
        names = self._get_names()
        self._follow_names(names)
        result = super().unlink()
        self._follow_names(names)
        return result

    # === BUSINESS METHODS === #

    def _get_names(self):
        """Return the names of phones that these extensions are about, with their systems.

        :rtype: set[tuple[call.pbx, str]]
        """
        return {(extension.pbx_id, extension.number) for extension in self}

    @api.model
    def _follow_names(self, names):
        """Record since when it has been entered whose phones these are.

        :param set names: as :meth:`_get_names` returns them
        """
        for pbx in {pbx for pbx, _name in names}:
            if pbx.exists():
                own = [name for of_pbx, name in names if of_pbx == pbx]
                self.env["call.peer"]._follow_administrator(pbx, own)

    def _prepare_decision(self):
        """Return what the extension says about the phone of the same name.

        :rtype: dict
        """
        self.ensure_one()
        return {
            "kind": "phone",
            "extension": self.number,
            "user_id": self.user_id.id,
            "employee_id": self.employee_id.id,
        }

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
