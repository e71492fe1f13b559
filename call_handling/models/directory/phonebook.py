from urllib.parse import urlencode

from odoo import api, fields, models
from odoo.fields import Domain

from ...tools import ADMIN
from ...tools.phonebook import FORMATS, Entry, Page
from .call_directory import PHONEBOOK_PATH


class CallDirectory(models.Model):
    """A phonebook for desk phones: the contacts that its owner may see in the company."""

    _inherit = "call.directory"

    phonebook_user_id = fields.Many2one(
        "res.users",
        string="Phonebook Of",
        index="btree_not_null",
        ondelete="set null",
        domain="[('share', '=', False), ('company_ids', 'in', company_id)]",
        help="The phonebook has the contacts with a number that this person may see in Odoo, in "
        "the company of the telephone system.",
        writable="admin",
        when_left="own",
    )
    phonebook_category_ids = fields.Many2many(
        "res.partner.category",
        "call_directory_phonebook_category_rel",
        string="Only With Tags",
        help="Only contacts with one of these tags, or all if there are none.",
        writable="admin",
    )
    phonebook_urls = fields.Text(
        string="Addresses", compute="_compute_phonebook_urls", groups=ADMIN
    )

    # === COMPUTE METHODS === #

    @api.depends("token")
    def _compute_phonebook_urls(self):
        for directory in self:
            directory.phonebook_urls = "\n".join(
                f"{known.label}: {directory._get_phonebook_url(name)}"
                for name, known in FORMATS.items()
            )

    def _get_phonebook_url(self, format_name, **query):
        self.ensure_one()
        url = f"{self.get_base_url()}{PHONEBOOK_PATH}/{self.sudo().token}/{format_name}"
        return f"{url}?{urlencode(query)}" if query else url

    # === BUSINESS METHODS === #

    def _get_phonebook_page(self, format_name, search="", number=1):
        """Return a part of the phonebook.

        :param str format_name: one of :data:`tools.phonebook.FORMATS`
        :param str search: part of a name, or of a number
        :param int number: of the page, from 1 on
        :rtype: Page
        """
        self.ensure_one()
        size = FORMATS[format_name].page_size
        owner = self.phonebook_user_id.filtered("active")
        # the rights of the owner, not those of the telephone, and only in its company
        companies = owner.company_ids & self.company_id
        contacts = self.with_user(owner or self.env.user).env["res.partner"]
        found = (
            contacts.with_context(allowed_company_ids=companies.ids).search(
                self._get_phonebook_domain(search),
                order="complete_name, id",
                offset=(number - 1) * size,
                limit=size + 1,
            )
            if companies
            else contacts
        )
        query = {"page": number + 1} | ({"search": search} if search else {})
        next_url = self._get_phonebook_url(format_name, **query) if len(found) > size else ""
        return Page(self.name, self._prepare_entries(found[:size]), next_url)

    def _get_phonebook_domain(self, search):
        domain = Domain("phone_sanitized", "!=", False)
        if self.phonebook_category_ids:
            domain &= Domain("category_id", "child_of", self.phonebook_category_ids.ids)
        if search:
            named = Domain("complete_name", "ilike", search)
            digits = "".join(filter(str.isdigit, search))
            numbered = Domain("phone_sanitized", "ilike", digits.lstrip("0"))
            domain &= named | numbered if digits else named
        return domain

    def _prepare_entries(self, partners):
        """Return contacts with all their numbers.

        :param res.partner partners: in their order
        :rtype: list[Entry]
        """
        further = self.env["call.number"].search(
            [("partner_id", "in", partners.ids), ("is_block", "=", False)], order="id"
        )
        numbers = further.grouped("partner_id")
        return [
            Entry(
                partner.name or partner.display_name,
                partner.commercial_company_name or "",
                tuple(
                    dict.fromkeys(
                        [
                            partner.phone_sanitized,
                            *numbers.get(partner.sudo(), further.browse()).mapped("number"),
                        ]
                    )
                ),
            )
            for partner in partners
        ]
