from contextlib import contextmanager

from odoo import api, fields, models, tools
from odoo.fields import Domain


class CallExtension(models.Model):
    """Whose phone it is: an extension, a SIP name, an e-mail address, or whatever the telephone
    system calls a person by."""

    _name = "call.extension"
    _description = "Extension"
    _inherit = ["call.name.mixin", "call.cached.mixin", "call.audited.mixin", "call.guard.mixin"]
    _order = "pbx_id, number"
    _rec_name = "number"
    _has_data_of_calls = False

    pbx_id = fields.Many2one(
        "call.pbx",
        string="Telephone System",
        required=True,
        index=True,
        ondelete="cascade",
        writable="admin",
    )
    number = fields.Char(
        string="Extension",
        required=True,
        help="What the telephone system calls the phone or its owner: extension, SIP name, e-mail "
        "address, number, or id of the user.",
        writable="admin",
    )
    employee_id = fields.Many2one(
        "hr.employee",
        index="btree_not_null",
        ondelete="set null",
        help="Whose phone it is, if the employee has no user.",
        writable="admin",
        when_left="left_extensions",
    )
    user_id = fields.Many2one(
        "res.users",
        string="Person",
        compute="_compute_user_id",
        store=True,
        readonly=False,
        index=True,
        ondelete="cascade",
        writable="admin",
        when_left="left_extensions",
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    is_left = fields.Boolean(
        string="Owner Has Left",
        compute="_compute_is_left",
        search="_search_is_left",
        help="The owner is archived: calls that have started since are nobody's.",
    )

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
        for extension in self._hide_names():
            # sudo: the name of a colleague is not confidential
            owner = extension.user_id.name or extension.employee_id.sudo().name
            extension.display_name = f"{extension.number} {owner}" if owner else extension.number

    @api.depends("user_id.active", "employee_id.active")
    def _compute_is_left(self):
        # sudo: that a colleague has left is not confidential
        for extension, extension_sudo in zip(self, self.sudo(), strict=True):
            is_owned = extension_sudo.user_id or extension_sudo.employee_id
            extension.is_left = is_owned and not any(extension_sudo._get_owner())

    # === SEARCH METHODS === #

    @api.model
    def _search_is_left(self, operator, value):
        """Find extensions whose owner is archived."""
        if operator != "in":
            return NotImplemented
        # sudo: as above
        owned = Domain("user_id", "!=", False) | Domain("employee_id", "!=", False)
        left_sudo = self.sudo().search(owned).filtered("is_left")
        domain = Domain("id", "in", left_sudo.ids)
        return domain if True in value else ~domain

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
        user, employee = self._get_owner()
        return {
            "kind": "phone",
            "extension": self.number,
            "is_extension": True,
            "user_id": user.id,
            "employee_id": employee.id,
        }

    def _get_owner(self):
        """Return whose phone it is now. It remains entered for people who are archived, so that
        it is theirs again if they return, but meanwhile it is not theirs.

        :return: either may be empty
        :rtype: tuple[res.users, hr.employee]
        """
        self.ensure_one()
        return self.user_id.filtered("active"), self.employee_id.filtered("active")

    def _hand_over(self, user, employee):
        """Enter who has the phone now, also for the calls that came since its owner left.

        :param res.users user: may be empty
        :param hr.employee employee: may be empty
        """
        self.ensure_one()
        peers = self.env["call.peer"]
        date_left = peers._get_date_left(self.pbx_id, self.number)
        self.write({"employee_id": employee.id, "user_id": user.id})
        if date_left:
            peers._backdate(self.pbx_id, self.number, date_left)

    def _is_of(self, employee):
        """Return whether it is entered for an employee, or for the employee's user.

        :param hr.employee employee: archived or not
        """
        self.ensure_one()
        is_users = employee.user_id and self.user_id == employee.user_id
        return is_users or self.employee_id == employee._origin

    @api.model
    @contextmanager
    def _following_people(self, field_name, people):
        """Record whose phones they are before and after people are archived or return. Earlier
        calls remain theirs, in whatever order events arrive.

        :param str field_name: of the owner, such as ``user_id``
        :param people: the records that change
        """
        # sudo: whoever manages people need not see extensions
        of_people = [(field_name, "in", people.ids)]
        names = self.sudo().search(of_people)._get_names() if people else set()
        self._follow_names(names)
        yield
        self._follow_names(names)

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
