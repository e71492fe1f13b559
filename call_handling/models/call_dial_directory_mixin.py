from odoo import api, models
from odoo.fields import Domain

from ..tools import digits, readable

FOUND = 8  # contacts
SHORTEST = 3  # characters, before anybody is looked for


class CallDialDirectoryMixin(models.AbstractModel):
    """Who can be dialled, and under which numbers."""

    _name = "call.dial.directory.mixin"
    _description = "Directory for Dialling"

    @api.model
    def find(self, term):
        """Contacts and colleagues by name, number or extension.

        :param str term: a part of it
        :rtype: list[dict]
        """
        self.env["call.call"].check_access("read")
        if len(term.strip()) < SHORTEST:
            return []
        domain = Domain("complete_name", "ilike", term.strip())
        if len(part := digits(term).lstrip("0")) >= SHORTEST:
            domain |= Domain("phone_sanitized", "like", part)
            domain |= Domain("call_number_ids.number", "like", part)
            domain |= Domain("user_ids.call_extension_ids.number", "=", part)
        partners = self.env["res.partner"].search(domain, limit=FOUND)
        return [found for partner in partners if (found := self._get_entry(partner))["numbers"]]

    @api.model
    def get_numbers(self, res_model, res_id):
        """All numbers under which the contact of a record can be dialled.

        :rtype: list[dict]
        """
        record = self._get_clicked(res_model, res_id)
        return self._list_numbers(self._get_partner(record))

    @api.model
    def _get_partner(self, record):
        """The contact of a record."""
        if not record or record._name == "res.partner":
            return record
        partners = record._mail_get_partners(introspect_fields=True).get(record.id)
        return partners[:1] if partners else self.env["res.partner"]

    @api.model
    def _get_entry(self, partner):
        company = partner.commercial_partner_id
        return {
            "id": partner.id,
            "name": partner.name or "",
            "company": (company.name if company != partner else "") or "",
            "numbers": self._list_numbers(partner),
        }

    @api.model
    def _list_numbers(self, partner):
        """The numbers of a contact, a colleague's extension first."""
        # sudo: which phone a colleague has, is no secret among colleagues
        extensions_sudo = partner.user_ids.sudo().call_extension_ids
        numbers = [(phone.number, self.env._("Extension")) for phone in extensions_sudo]
        numbers += [(partner.phone, "")] if partner.phone else []
        further = partner.call_number_ids.filtered(lambda number: not number.is_block)
        numbers += [(readable(number.number), number.name or "") for number in further]
        return [{"number": number, "label": label} for number, label in numbers]
