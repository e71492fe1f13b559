from dataclasses import replace

from odoo import fields, models

from ...adapters.numbering import Numbering, make_plain, read, strip_codes
from ...adapters.numbers import NationalNumbers
from ...tools import ADMIN, digits, to_e164


class CallPbx(models.Model):
    """How numbers are written and dialled at a telephone system."""

    _inherit = "call.pbx"

    area_code = fields.Char(
        help="Numbers that are sent or dialled without an area code, and without a leading 0, are "
        "numbers of this area.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )
    national_numbers = fields.Selection(
        NationalNumbers.choices(),
        default=NationalNumbers.UNKNOWN.value,
        help="How the telephone system sends national numbers. As long as it is not known, a "
        "number that can be national or international is shown with all contacts that it can be.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )
    outside_prefix = fields.Char(
        string="Outside Line",
        help="What is dialled first to get an outside line. It is not part of the number.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )
    feature_codes = fields.Text(
        help="What phones dial to use a function of the telephone system, such as a room or a "
        "group, separated by commas or line breaks. x stands for any digit. Codes that begin with "
        "* or # are known.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )
    logs_feature_codes = fields.Boolean(
        string="Log Feature Codes",
        help="Calls to feature codes are logged as well. By default, they are left out.",
        groups=ADMIN,
        writable="admin",
        tracking=True,
    )

    # === BUSINESS METHODS === #

    def _prepare_number_settings(self):
        """Return the part of `adapters.base.Settings` that is about numbers.

        :rtype: dict
        """
        self_sudo = self.sudo()
        codes = (self_sudo.feature_codes or "").replace(",", " ").replace(";", " ").split()
        return {
            "country": self._get_region() or "",
            "area_code": digits(self_sudo.area_code or ""),
            "national_numbers": NationalNumbers(
                self_sudo.national_numbers or NationalNumbers.UNKNOWN
            ),
            "outside_prefix": (self_sudo.outside_prefix or "").strip(),
            "feature_codes": tuple(codes),
            "private_prefix": (self_sudo.private_prefix or "").strip(),
            "logs_feature_codes": self_sudo.logs_feature_codes,
        }

    def _get_numbering(self):
        """Return how numbers are written at the telephone system.

        :rtype: adapters.numbering.Numbering
        """
        self.ensure_one()
        numbering = self._get_cached(self.id).numbering
        return numbering if numbering.region else replace(numbering, region=self._get_region())

    def _prepare_numbering(self):
        """Return how numbers are written, as far as the telephone system's own fields say it.

        :rtype: adapters.numbering.Numbering
        """
        self_sudo = self.sudo()
        return Numbering(
            region=self_sudo.country_code or None,
            area_code=digits(self_sudo.area_code or ""),
            national=NationalNumbers(self_sudo.national_numbers or NationalNumbers.UNKNOWN),
            outside_prefix=(self_sudo.outside_prefix or "").strip(),
        )

    def _read_number(self, number, is_dialled=False):
        """Return a number in E.164 if it has one certain reading, else as it was sent.

        :param str number: as the telephone system sent it
        :param bool is_dialled: it is what a phone dialled
        :rtype: str
        """
        readings = self._get_readings(number, is_dialled)
        if readings.candidates and not readings.certain:
            return strip_codes(make_plain(number))
        return readings.certain or self._read_as_written(number, readings) or number

    def _get_readings(self, number, is_dialled=False):
        """Return all readings of a number that the telephone system sent.

        :rtype: adapters.numbering.Readings
        """
        return read(number, self._get_numbering(), is_dialled=is_dialled)

    def _read_as_written(self, number, readings):
        """Return the number as a person would read it, if the strict reader finds none. Names of
        phones have letters."""
        if readings.is_open or len(digits(number)) <= 6 or any(c.isalpha() for c in number):
            return None
        return to_e164(number, self._get_region())
