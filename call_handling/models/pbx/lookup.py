import base64
from datetime import datetime, timezone

from odoo import api, fields, models

from ...adapters.base import Contact
from ...intake import Intake
from ...tools import ADMIN


class CallPbx(models.Model):
    """What a telephone system receives: a file to load, and whose number it is."""

    _inherit = "call.pbx"

    configuration = fields.Binary(
        compute="_compute_configuration",
        groups=ADMIN,
        help="Load this file into the telephone system.",
    )
    configuration_name = fields.Char(
        string="File Name",
        compute="_compute_configuration",
        groups=ADMIN,
    )

    @api.depends("adapter", "token")
    def _compute_configuration(self):
        for pbx in self:
            file = pbx._get_adapter().make_configuration()
            pbx.configuration = file and base64.b64encode(file.content.encode())
            pbx.configuration_name = file and file.name

    def _find_partner(self, number):
        """Return whose number it is.

        :param str number: as the telephone system sent it
        :return: empty if it is unknown, uncertain, or private
        :rtype: res.partner
        """
        self.ensure_one()
        number = Intake(self).normalize(number, datetime.now(timezone.utc))
        readings = self._get_readings(number) if number else None
        found = self.env["call.number"]._prepare_match_values(number, self.company_id, readings)
        partner = self.env["res.partner"].browse(found["partner_id"] or [])
        return partner.browse() if partner.id in partner._get_private_ids() else partner

    def _find_contact(self, number):
        """Return whose number it is, for the telephone system to show.

        :param str number: as the telephone system sent it
        :return: ``None`` if it is unknown, uncertain, or private
        :rtype: adapters.base.Contact | None
        """
        partner = self._find_partner(number)
        if not partner:
            return None
        return Contact(
            id=partner.id,
            name=partner.name or partner.display_name,
            company=partner.commercial_company_name or "",
            email=partner.email or "",
            phone=number,
            url=f"{self.get_base_url()}/odoo/res.partner/{partner.id}",
        )
