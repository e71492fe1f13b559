import base64

from odoo import api, fields, models

from ..adapters.base import Contact


class CallPbxLookupMixin(models.AbstractModel):
    """What a telephone system is given: a file to load, and who a number belongs to."""

    _name = "call.pbx.lookup.mixin"
    _description = "Questions of Telephone Systems"

    configuration = fields.Binary(
        compute="_compute_configuration",
        groups="call_handling.group_call_handling_admin",
        help="Load this file into the telephone system.",
    )
    configuration_name = fields.Char(
        string="File Name",
        compute="_compute_configuration",
        groups="call_handling.group_call_handling_admin",
    )

    @api.depends("adapter", "token")
    def _compute_configuration(self):
        for pbx in self:
            file = pbx._get_adapter().make_configuration()
            pbx.configuration = file and base64.b64encode(file.content.encode())
            pbx.configuration_name = file and file.name

    def _find_contact(self, number):
        """Whose number it is, to be shown by the telephone system.

        :param str number: as the telephone system sent it
        :return: ``None`` if that is not known, not certain, or private
        :rtype: adapters.base.Contact | None
        """
        self.ensure_one()
        number = self.env["call.fact"]._get_number(self, number)
        found = self.env["call.number"]._prepare_match_values(number, self.company_id)
        partner = self.env["res.partner"].browse(found["partner_id"] or [])
        if not partner or partner.id in partner._get_private_ids():
            return None
        return Contact(
            id=partner.id,
            name=partner.name or partner.display_name,
            company=partner.commercial_company_name or "",
            email=partner.email or "",
            phone=number,
            url=f"{self.get_base_url()}/odoo/res.partner/{partner.id}",
        )
