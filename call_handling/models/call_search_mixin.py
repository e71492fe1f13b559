from odoo import api, fields, models
from odoo.fields import Domain

from ..tools import digits, to_e164


class CallSearchMixin(models.AbstractModel):
    """How calls are found: by name, or by a number in any writing."""

    _name = "call.search.mixin"
    _description = "Searching for Calls"

    number_search = fields.Char(
        string="Number in Any Writing", store=False, search="_search_number_search"
    )

    @api.model
    def _search_number_search(self, operator, value):
        """Find a number in whatever way it is written, also when only a part is typed."""
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        values = value if operator == "in" else [value]
        return Domain.OR(self._get_number_domain(typed) for typed in values if typed)

    @api.model
    def _get_number_domain(self, typed):
        part = digits(typed)
        if len(part) < 2:
            return Domain("remote_number", "=ilike", typed.strip())
        # prefixes of international and national dialling, which E.164 does not have
        part = part.removeprefix("00").removeprefix("0")
        domain = Domain("remote_number", "like", part)
        if number := to_e164(typed, self.env.company.country_id.code):
            domain |= Domain("remote_number", "=", number)
        return domain

    @api.model
    def _search_display_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS or not isinstance(value, str):
            return super()._search_display_name(operator, value)
        return Domain.OR(
            [
                Domain("number_search", operator, value),
                Domain("partner_id", operator, value),
                Domain("remote_name", operator, value),
            ]
        )
