from odoo import api, fields, models, tools
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..tools import to_e164, to_prefix
from .call_fact import QUIET

SHORTEST_PREFIX = 4  # characters: a country, not a continent


class CallBlock(models.Model):
    """A number, or the beginning of numbers, from which nobody wants to be called.

    Such calls are logged apart, and disturb nobody.
    """

    _name = "call.block"
    _description = "Unwanted Number"
    _order = "number, id"
    _rec_name = "number"

    number = fields.Char(required=True)
    is_prefix = fields.Boolean(
        string="All That Begin So", help="Every number that begins like this is unwanted."
    )
    name = fields.Char(string="Why", help="For example: sells electricity.")
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )

    _number_uniq = models.UniqueIndex(
        "(number, company_id)", "This number is among the unwanted ones already."
    )

    # === CONSTRAINT METHODS === #

    @api.constrains("number", "is_prefix")
    def _check_prefix(self):
        for block in self:
            if block.is_prefix and len(block.number) < SHORTEST_PREFIX:
                raise ValidationError(
                    self.env._("%s is too short: too many numbers begin like this.", block.number)
                )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        blocks = super().create([self._with_plain_number(vals) for vals in vals_list])
        blocks._regroup(blocks._get_domain())
        return blocks

    def write(self, vals):
        if not vals.keys() & {"number", "is_prefix", "company_id"}:
            return super().write(vals)
        before = self._get_domain()
        for block in self:
            known = {
                "number": block.number,
                "is_prefix": block.is_prefix,
                "company_id": block.company_id.id,
            }
            super(CallBlock, block).write(self._with_plain_number(known | vals))
        self._regroup(before | self._get_domain())
        return True

    def unlink(self):
        domain = self._get_domain()
        result = super().unlink()
        self._regroup(domain)
        return result

    def _with_plain_number(self, vals):
        """The values with the number in E.164, as far as it is one in the company's country."""
        typed = (vals.get("number") or "").strip()
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        convert = to_prefix if vals.get("is_prefix") else to_e164
        return vals | {"number": convert(typed, company.country_id.code) or typed}

    # === BUSINESS METHODS === #

    @api.model
    def _block(self, number, company):
        """Nobody wants to be called from a number any more.

        :param str number: in E.164, or as sent where it is none
        :param company: `res.company` in which it called
        """
        # sudo: whoever takes calls may say which of them are unwanted
        self_sudo = self.sudo()
        if not self_sudo._is_blocked(number, company.id):
            self_sudo.create({"number": number, "company_id": company.id})

    @api.model
    def _is_blocked(self, number, company_id):
        """Whether calls of a number are unwanted.

        :param str number: in E.164, or as sent where it is none
        :param int company_id: id of the company that was called
        """
        numbers, prefixes = self._get_blocked(company_id)
        return bool(number) and (number in numbers or number.startswith(prefixes))

    @api.model
    @tools.ormcache("company_id")
    def _get_blocked(self, company_id):
        """What is unwanted in a company. Asked on the way of events, so kept.

        :return: numbers, and beginnings of numbers
        :rtype: tuple[frozenset, tuple]
        """
        blocks_sudo = self.sudo().search([("company_id", "=", company_id)])
        prefixes_sudo = blocks_sudo.filtered("is_prefix")
        numbers = (blocks_sudo - prefixes_sudo).mapped("number")
        return frozenset(numbers), tuple(prefixes_sudo.mapped("number"))

    def _get_domain(self):
        """The calls that these are about."""
        return Domain.OR(
            Domain("company_id", "=", block.company_id.id)
            & (
                Domain("remote_number", "=like", f"{block.number}%")
                if block.is_prefix
                else Domain("remote_number", "=", block.number)
            )
            for block in self
        )

    @api.model
    def _regroup(self, domain):
        """The unwanted numbers have changed: put the calls where they belong now.

        :param Domain domain: the calls in question
        """
        self.env.registry.clear_cache()
        domain &= Domain("direction", "=", "incoming") & Domain("is_private", "=", False)
        # sudo: whoever names an unwanted number need not see all of its calls
        for call_sudo in self.env["call.call"].sudo().with_context(**QUIET).search(domain):
            values = call_sudo._prepare_block_values(
                call_sudo.remote_number, call_sudo.direction, call_sudo.company_id
            )
            if values["is_blocked"] != call_sudo.is_blocked:
                call_sudo.write(values)
                call_sudo._sort()
                self.env["call.callback"]._follow(call_sudo)
