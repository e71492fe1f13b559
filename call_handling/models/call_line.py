from odoo import api, fields, models

from ..tools import prefixes, to_e164, to_prefix


class CallLine(models.Model):
    """An own number, or a block of them, and what is meant by dialling it."""

    _name = "call.line"
    _description = "Own Number"
    _rec_names_search = ["name", "number"]
    _order = "sequence, number, id"

    name = fields.Char(required=True, help="For example: Sales hotline.")
    number = fields.Char(required=True, index=True)
    is_block = fields.Boolean(
        string="Whole Block", help="The line stands for every own number that begins like this."
    )
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    department_id = fields.Many2one("hr.department", check_company=True)
    project_id = fields.Many2one("project.project", check_company=True)
    category_id = fields.Many2one("call.category")

    _check_company_auto = True
    _number_uniq = models.UniqueIndex(
        "(number, company_id) WHERE active IS TRUE", "There is a line with this number already."
    )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        return super().create([self._with_plain_number(vals) for vals in vals_list])

    def write(self, vals):
        if not vals.keys() & {"number", "is_block", "company_id"}:
            return super().write(vals)
        for line in self:
            known = {
                "number": line.number,
                "is_block": line.is_block,
                "company_id": line.company_id.id,
            }
            super(CallLine, line).write(self._with_plain_number(known | vals))
        return True

    def _with_plain_number(self, vals):
        """The values with the number in E.164, as far as it is one in the company's country."""
        typed = (vals.get("number") or "").strip()
        company = self.env["res.company"].browse(vals.get("company_id")) or self.env.company
        convert = to_prefix if vals.get("is_block") else to_e164
        return vals | {"number": convert(typed, company.country_id.code) or typed}

    # === BUSINESS METHODS === #

    @api.model
    def _find(self, number, company):
        """The line with this own number: itself, else the smallest block around it.

        A line may belong to another company of the same group than the telephone system.

        :param str number: in E.164, or as sent where it is none
        :param company: `res.company` of the telephone system
        :rtype: call.line
        """
        if not number:
            return self.browse()
        lines = self.search([("number", "in", prefixes(number, shortest=1))])
        fitting = lines.filtered(lambda line: line.number == number or line.is_block)
        return fitting.sorted(
            lambda line: (len(line.number), not line.is_block, line.company_id == company)
        )[-1:]
