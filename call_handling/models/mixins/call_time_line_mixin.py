from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL


class CallTimeLineMixin(models.AbstractModel):
    """A line about the time of a call: its readers need not be allowed to see the call.

    Its fields with the attribute ``of_call`` have the value that the field of that name has on the
    call, for whoever may read the call. For everybody else they are empty, also where lines are
    searched, grouped, sorted or exported by them.
    """

    _name = "call.time.line.mixin"
    _description = "Line about the Time of a Call"
    _inherit = ["call.field.mixin"]

    call_id = fields.Many2one("call.call", groups="base.group_user", readonly=True)
    call_category_id = fields.Many2one(
        "call.category",
        compute="_compute_of_call",
        search="_search_call_category_id",
        groups="base.group_user",
        of_call="category_id",
    )
    call_partner_id = fields.Many2one(
        "res.partner",
        string="Contact of the Call",
        compute="_compute_of_call",
        search="_search_call_partner_id",
        groups="base.group_user",
        of_call="partner_id",
    )

    # === COMPUTE METHODS === #

    @api.depends(lambda self: self._get_paths_of_call())
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_of_call(self):
        # the rights of the user decide, also where lines are read with sudo
        readable = self.call_id.sudo(False)._filtered_access("read")
        for name in self._get_fields_with("of_call"):
            for line in self:
                # sudo: the contact and the category, of a call that the user may see
                call_sudo = (line.call_id & readable).sudo()
                line[name] = call_sudo[self._fields[name].of_call]

    @api.model
    def _get_paths_of_call(self):
        names = self._get_fields_with("of_call")
        return [f"call_id.{self._fields[name].of_call}" for name in names]

    @api.model
    def _search_call_category_id(self, operator, value):
        return self._search_of_call("call_category_id", operator, value)

    @api.model
    def _search_call_partner_id(self, operator, value):
        return self._search_of_call("call_partner_id", operator, value)

    @api.model
    def _search_of_call(self, name, operator, value):
        """Find lines by what their calls have there, for whoever may read the calls.

        :param str name: of the field of the line
        """
        field = self._fields[name]
        # Odoo does not check it where a method searches
        self._check_field_access(field, "read")
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        values = value if operator == "in" else [value]
        found = Domain(
            field.of_call, operator, [v for v in values if v] if operator == "in" else value
        )
        domain = self._get_domain_of_visible_calls(found)
        if False in values:
            domain |= ~self._get_domain_of_visible_calls(Domain(field.of_call, "!=", False))
        return domain

    @api.model
    def _get_domain_of_visible_calls(self, domain):
        """Return which lines are about calls that the user may read and that meet a domain.

        :rtype: Domain
        """
        Call = self.env["call.call"]
        if not Call.has_access("read"):
            return Domain.FALSE
        return Domain("call_id", "in", Call._search(domain))

    # === READING === #

    def _field_to_sql(self, alias, field_expr, query=None):
        """Override to group and sort lines by what their calls have there, as far as the user may
        read the calls."""
        field = self._fields.get(field_expr)
        name = getattr(field, "of_call", None)
        if not name or query is None:
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(field, "read")
        Call = self.env["call.call"]
        if not Call.has_access("read"):
            return SQL("NULL::integer")
        calls = query.make_alias(alias, f"call_id__{self.env.uid}")
        is_its_call = SQL(
            "%s = %s",
            self._field_to_sql(alias, "call_id", query),
            SQL.identifier(calls, "id"),
        )
        rows = Call._search(Domain.TRUE).subselect(SQL("%s.*", SQL.identifier(Call._table)))
        query.add_join("LEFT JOIN", calls, rows, is_its_call)
        return Call._field_to_sql(calls, name, query)
