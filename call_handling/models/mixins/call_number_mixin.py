from odoo import api, fields, models

from ...tools import AS_SENT, is_written_as_block, read_typed, to_prefix


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
        """Return the values with the number in E.164, as far as it is one. With ``AS_SENT`` in the
        context it remains as a telephone system has sent it.

        :param dict vals: values of one record
        """
        typed = str(vals.get("number") or "").strip()
        if AS_SENT.get(self.env):
            return vals | {"number": typed}
        if is_written_as_block(typed):
            vals = vals | {self._prefix_field: True}
        numbering = self._get_numbering(vals)
        if vals.get(self._prefix_field):
            return vals | {"number": to_prefix(typed, numbering.region) or typed}
        return vals | {"number": read_typed(typed, numbering) or typed}

    @api.model
    def _get_numbering(self, vals):
        """Return how people write such numbers.

        :param dict vals: values of one record
        :rtype: adapters.numbering.Numbering
        """
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        return company._get_numbering()
