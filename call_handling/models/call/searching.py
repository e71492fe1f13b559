from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ...adapters.numbering import same_numbers
from ...tools import category_domain, digits, person_domain, read_typed

MAX_CONTACTS = 1000  # that are looked up by their ids; more are compared call by call


class CallCall(models.Model):
    """Finds calls by what people type, each part of it by an index, however many there are."""

    _inherit = "call.call"

    number_search = fields.Char(
        string="Number in Any Format", store=False, search="_search_number_search"
    )
    contact_search = fields.Many2one(
        "res.partner",
        string="Contact, or Part of Its Name",
        store=False,
        search="_search_contact_search",
    )
    category_search = fields.Many2one(
        "call.category",
        string="Category, With Those Below It",
        store=False,
        search="_search_category_search",
    )
    person_search = fields.Char(
        string="Name of a Person", store=False, search="_search_person_search"
    )
    kept_search = fields.Boolean(
        string="Kept for Ever, or With a Contact That Is",
        store=False,
        search="_search_kept_search",
    )

    _kept_idx = models.Index("(date_start DESC, id DESC) WHERE is_call_kept IS TRUE")

    # === SEARCH METHODS === #

    @api.model
    def _search_number_search(self, operator, value):
        """Find a number in any format, also when only a part is typed."""
        if operator in Domain.NEGATIVE_OPERATORS:
            return NotImplemented
        values = value if operator == "in" else [value]
        return Domain.OR(self._get_number_domain(typed) for typed in values if typed)

    @api.model
    def _search_contact_search(self, operator, value):
        """Find the calls with contacts, chosen or named, and with those that belong to them."""
        if operator != "child_of":
            return NotImplemented
        values = [value] if isinstance(value, (int, str)) else value
        return Domain.OR(
            self._get_named_domain(each)
            if isinstance(each, str)
            else Domain("partner_id", "child_of", each)
            for each in values
        )

    @api.model
    def _search_category_search(self, operator, value):
        """Find the calls of a category and of those below it."""
        return category_domain(self.env, operator, value)

    @api.model
    def _search_person_search(self, operator, value):
        """Find the calls of a person, as a user or employee, by a part of the name."""
        return person_domain(self.env, operator, value)

    @api.model
    def _search_kept_search(self, operator, value):
        """Find calls that are kept for ever, themselves or by their contact."""
        if operator != "in":
            return NotImplemented
        contacts = self.env["res.partner"].with_context(active_test=False)
        kept = tuple(contacts._search([("is_call_kept", "=", True)]))
        domain = Domain("is_call_kept", "=", True) | Domain("partner_id", "in", kept)
        return domain if True in value else ~domain

    @api.model
    def _search_display_name(self, operator, value):
        if operator in Domain.NEGATIVE_OPERATORS or not isinstance(value, str):
            return super()._search_display_name(operator, value)
        return Domain("who_search", operator, value)

    # === BUSINESS METHODS === #

    @api.model
    def _get_number_domain(self, typed):
        part = digits(typed)
        if len(part) < 2:
            return Domain("remote_number", "=ilike", typed.strip())
        # the prefixes of international and national dialling, which E.164 does not have
        part = part.removeprefix("00").removeprefix("0")
        domain = Domain("remote_number", "like", part)
        if number := read_typed(typed, self.env.company._get_numbering()):
            domain |= Domain("remote_number", "in", same_numbers(number))
        return domain

    @api.model
    def _get_who_domain(self, typed):
        """Override: by a number, a name that was sent, or the name of the contact."""
        sent = self._get_number_domain(typed) | Domain("remote_name", "ilike", typed)
        indexed, compared = self._get_contact_domains(typed)
        return self._get_few([sent, indexed], otherwise=sent | compared)

    @api.model
    def _get_named_domain(self, typed):
        """Return the calls with contacts that Odoo finds by a text. Those of whose name it is a
        part have priority: only they are found by an index.

        :param str typed: part of a name, or an address or reference
        :rtype: Domain
        """
        indexed, compared = self._get_contact_domains(typed)
        if indexed.is_false():
            return Domain("partner_id", "child_of", typed)
        return self._get_few([indexed], otherwise=compared)

    @api.model
    def _get_few(self, domains, otherwise):
        """Return a domain of the calls of any of the domains.

        In the order of time, the database tries all conditions on one call after the other until a
        page is full. So few calls are looked up first, by the indexes of the conditions. Of many, a
        page is full soon.

        :param list domains: each of them is found by an index
        :param Domain otherwise: the same, for many calls
        """
        calls_sudo = self.sudo().with_context(active_test=False)
        ids = self._find_few([calls_sudo._search(domain).subselect() for domain in domains])
        return otherwise if ids is None else Domain("id", "in", ids)

    @api.model
    def _get_contact_domains(self, typed):
        """Return the calls with contacts that the user may see, and whose name contains a text, and
        with those that belong to them.

        :param str typed: part of a name
        :return: the domain that an index finds, and that which is compared call by call
        :rtype: tuple[Domain, Domain]
        """
        contacts = self.env["res.partner"].with_context(active_test=False)
        named = [("complete_name", "ilike", typed)]
        ids = list(contacts._search(named, order="id", limit=MAX_CONTACTS + 1))
        if len(ids) <= MAX_CONTACTS:
            # with those below it whose name does not contain that of their company
            domain = Domain("partner_id", "child_of", ids) if ids else Domain.FALSE
            return domain, domain
        query = contacts._search(named)

        def to_sql(_model, alias, _query):
            # A scalar, so that the database does not collect all contacts first: of so many,
            # enough have called.
            return SQL(
                "(SELECT TRUE FROM %s WHERE %s AND %s = %s)",
                query.from_clause,
                query.where_clause,
                SQL.identifier(contacts._table, "id"),
                SQL.identifier(alias, "partner_id"),
            )

        return Domain("partner_id", "in", query), Domain.custom(to_sql=to_sql)
