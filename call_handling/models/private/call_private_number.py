from odoo import api, fields, models, tools
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...adapters.event import masked_number
from ...adapters.numbering import same_numbers
from ...tools import read_typed


class CallPrivateNumber(models.Model):
    """A number whose calls are private for a person. Nobody can read the number."""

    _name = "call.private.number"
    _description = "Private Number"
    _inherit = ["call.name.mixin", "call.cached.mixin", "call.guard.mixin"]
    _order = "id"
    _rec_name = "hint"

    user_id = fields.Many2one(
        "res.users",
        string="Person",
        required=True,
        index=True,
        readonly=True,
        ondelete="cascade",
        default=lambda self: self.env.user,
        when_left="own",
    )
    number = fields.Char(
        store=False,
        compute="_compute_number",
        inverse="_inverse_number",
        search="_search_number",
        help="Calls with this number are private. The number itself is not stored.",
        writable="create",
    )
    hint = fields.Char(string="Number Ends With", readonly=True)
    secret_name = fields.Char(readonly=True, index=True, groups=fields.NO_ACCESS)

    _secret_name_uniq = models.UniqueIndex(
        "(user_id, secret_name)", "This number is already in your list."
    )

    # === COMPUTE METHODS === #

    def _compute_number(self):
        self.number = False

    def _inverse_number(self):
        for record in self.filtered("number"):
            number = self._get_plain_number(record.number)
            # sudo: nobody may read what replaces the number
            record.sudo().write(
                {
                    "hint": masked_number(number),
                    "secret_name": self.env["call.event"]._get_secret_name(number),
                }
            )

    @api.model
    def _search_number(self, operator, value):
        if operator != "in":
            return NotImplemented
        names = [
            self.env["call.event"]._get_secret_name(self._get_plain_number(number))
            for number in value
            if number
        ]
        # sudo: who knows the number may search for it
        return Domain("id", "in", self.sudo()._search([("secret_name", "in", names)]))

    @api.model
    def _get_plain_number(self, typed):
        number = read_typed(typed, self.env.company._get_numbering()) or typed.strip()
        if not any(character.isdigit() for character in number):
            raise UserError(self.env._("%s is not a telephone number.", typed))
        return number

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not all(vals.get("number") for vals in vals_list):
            raise UserError(self.env._("Enter the number whose calls are private."))
        return super().create(vals_list)

    # === BUSINESS METHODS === #

    @api.model
    def _get_owners_of(self, number):
        """Return for whom calls with a number are private. On the way of every event: cheap.

        :param str number: in E.164, or as sent if it is none
        :return: ids of users
        :rtype: frozenset[int]
        """
        owners = self._get_owners()
        if not number or not owners:
            return frozenset()
        names = map(self.env["call.event"]._get_secret_name, same_numbers(number))
        return frozenset().union(*(owners.get(name, ()) for name in names))

    @api.model
    @tools.ormcache()
    def _get_owners(self):
        """Return all private numbers, as what replaces them, with the ids of their users.

        :rtype: dict[str, frozenset]
        """
        groups = self.sudo()._read_group([], ["secret_name"], ["user_id:array_agg"])
        return {name: frozenset(user_ids) for name, user_ids in groups}
