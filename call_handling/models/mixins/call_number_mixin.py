from odoo import api, fields, models

from ...tools import is_written_as_block, to_e164, to_prefix


class CallNumberMixin(models.AbstractModel):
    """A record about a telephone number, or about all numbers with a prefix.

    The number is stored in E.164 as far as it is one, so that it can be compared.
    """

    _name = "call.number.mixin"
    _description = "Record with a Telephone Number"
    _prefix_field = None  # the field that says that the number is a prefix

    number = fields.Char(required=True)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._normalize_number(vals) for vals in vals_list])

    def write(self, vals):
        if not vals.keys() & self._get_number_fields():
            return super().write(vals)
        for record in self:
            known = {
                name: record._fields[name].convert_to_write(record[name], record)
                for name in self._get_number_fields()
            }
            super(CallNumberMixin, record).write(vals | self._normalize_number(known | vals))
        return True

    # === BUSINESS METHODS === #

    @api.model
    def _get_number_fields(self):
        """Return the fields that decide what a typed number means.

        :rtype: set[str]
        """
        return {"number", self._prefix_field, "company_id"}

    @api.model
    def _normalize_number(self, vals):
        """Return the values with the number in E.164, as far as it is one.

        :param dict vals: values of one record
        """
        typed = (vals.get("number") or "").strip()
        if is_written_as_block(typed):
            vals = vals | {self._prefix_field: True}
        convert = to_prefix if vals.get(self._prefix_field) else to_e164
        return vals | {"number": convert(typed, self._get_number_region(vals)) or typed}

    @api.model
    def _get_number_region(self, vals):
        """Return the country of national numbers, as its ISO 3166 code.

        :param dict vals: values of one record
        """
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        return company.country_id.code
