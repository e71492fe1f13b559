from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

FEW = 10_000  # calls, which the database finds fast by their ids


class CallCall(models.Model):
    """Lets searches of people with several roles begin with the calls that they see.

    Each role adds a condition, and any of them is enough. That makes the database try all of them
    on every call: of who sees few calls or none, on all that there are.
    """

    _inherit = "call.call"

    @api.model
    def _search(
        self,
        domain,
        offset=0,
        limit=None,
        order=None,
        *,
        active_test=True,
        bypass_access=False,
    ):
        """Override: of who sees few calls, only these are looked at. The record rules are applied
        as always."""
        if not self.env.su and not bypass_access and self.browse().has_access("read"):
            # A query for a relation does not flush it, as one for a column does.
            self.flush_model(["people_ids"])
            visible = self._get_few_visible_ids()
            if visible is not None:
                domain = Domain(domain) & Domain("id", "in", visible)
        return super()._search(
            domain, offset, limit, order, active_test=active_test, bypass_access=bypass_access
        )

    @api.model
    def _get_few_visible_ids(self):
        """Return the calls to which a role of the user gives access, if they are few.

        :return: ids; ``None`` if there are many, or the user does not have several roles
        :rtype: list[int] | None
        """
        rules = self.env["ir.rule"]._compute_domain(self._name, "read")
        parts = [rules, *getattr(rules, "children", ())]
        roles = next((part for part in parts if self._is_of_roles(part)), None)
        if roles is None:
            return None
        return self._find_few([self._get_ids_sql(role) for role in roles.children])

    @api.model
    def _find_few(self, queries):
        """Return the calls that any of the queries finds, if they are few.

        :param list queries: of ids, as SQL
        :return: ids, maybe several times; ``None`` if there are many
        :rtype: list[int] | None
        """
        [[ids]] = self.env.execute_query(
            SQL(
                """
                SELECT CASE WHEN count(*) <= %(few)s THEN COALESCE(array_agg(id), '{}') END
                  FROM (SELECT id FROM (%(found)s) found (id) LIMIT %(few)s + 1) few
                """,
                few=FEW,
                found=SQL(" UNION ALL ").join(queries),
            )
        )
        return ids

    @api.model
    def _is_of_roles(self, rules):
        """Return whether this part of the rules has a condition per role, any of which is enough.

        :param Domain rules: as optimized for the model
        :rtype: bool
        """
        conditions = list(getattr(rules, "children", ()))
        return getattr(rules, "OPERATOR", None) == "|" and any(
            getattr(condition, "field_expr", None) == "people_ids" for condition in conditions
        )

    @api.model
    def _get_ids_sql(self, role):
        """Return a query for the calls of a role that begins with the few records that they have to
        do with: a person, departments or projects.

        :param Domain role: what calls are seen
        :rtype: SQL
        """
        calls_sudo = self.sudo().with_context(active_test=False)
        role = role.optimize_full(calls_sudo)
        name, operator = getattr(role, "field_expr", None), getattr(role, "operator", None)
        field = self._fields.get(name)
        if field and field.type == "many2one" and operator in ("any", "any!"):
            others_sudo = calls_sudo.env[field.comodel_name]
            ids = tuple(others_sudo._search(role.value))
            role = Domain(name, "in", ids).optimize_full(calls_sudo)
        return calls_sudo._search(role).subselect()
