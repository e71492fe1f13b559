import json
from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import ADMIN, display_notification, public_method
from ...tools.certificates import get_place, read_end
from .findings import Finding
from .severity import DANGER, WARNING

TIMEOUT = 5  # seconds
WARN_BEFORE = timedelta(days=14)


class CallPbx(models.Model):
    """Until when the certificates are valid without which events do not arrive, or Odoo does not
    dial. A scheduled action reads them, so that no screen waits for another machine."""

    _inherit = "call.pbx"

    certificates = fields.Json(
        string="Ends of Certificates",
        readonly=True,
        copy=False,
        groups=ADMIN,
        help="Until when they are valid, in UTC, by host and port.",
        export_string_translation=False,
    )
    certificate_date = fields.Datetime(
        readonly=True, copy=False, export_string_translation=False, help="When they were last read."
    )
    certificate_label = fields.Text(
        string="Certificates",
        compute="_compute_certificate_label",
        groups=ADMIN,
        help="Read once a day.",
    )

    # === COMPUTE METHODS === #

    @api.depends("certificates")
    @api.depends_context("lang", "tz")
    def _compute_certificate_label(self):
        for pbx in self:
            pbx.certificate_label = "\n".join(
                self.env._(
                    "%(address)s: valid until %(date)s", address=place, date=pbx._format_date(end)
                )
                for place, end in pbx._get_certificate_ends().items()
            )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_check_certificates(self):
        """Read the certificates again, as after one was renewed."""
        self.check_access("write")
        unread = self._check_certificates()
        if unread:
            message = self.env._(
                "No certificate can be read from Odoo at %s. If the address is right, check the "
                "certificate there.",
                ", ".join(unread),
            )
            return display_notification(message, "warning")
        if finding := self._find_certificate():
            return display_notification(finding.text, finding.severity)
        return display_notification(self.env._("All certificates are valid for the next 14 days."))

    # === BUSINESS METHODS === #

    def _get_certificate_addresses(self):
        """Return the addresses whose certificates are needed. Override to add one.

        :return: URL by what it is for: ``events``: the telephone system sends them there;
            ``api``: Odoo uses the telephone system's API there
        :rtype: dict[str, str]
        """
        self.ensure_one()
        addresses = {"events": self.get_base_url()}
        if self.can_dial and (api_url := self._get_adapter().settings.api_url):
            addresses["api"] = api_url
        return addresses

    def _get_places(self):
        """Return the hosts and ports with certificates, by what they are for.

        :rtype: dict[str, str]
        """
        addresses = self._get_certificate_addresses()
        places = {purpose: get_place(address) for purpose, address in addresses.items()}
        return {purpose: place for purpose, place in places.items() if place}

    def _get_certificate_ends(self):
        """Return until when the certificates are valid that are needed now, and known.

        :return: naive UTC, by host and port
        :rtype: dict[str, datetime]
        """
        known, places = self.certificates or {}, self._get_places().values()
        return {p: fields.Datetime.to_datetime(known[p]) for p in places if p in known}

    def _check_certificates(self):
        """Read the certificates, and store until when they are valid. What cannot be read keeps
        what was known before: whether it can be reached, others find out.

        :return: hosts and ports that cannot be read
        :rtype: list[str]
        """
        self.ensure_one()
        known, ends, unread = self.sudo().certificates or {}, {}, []
        for place in dict.fromkeys(self._get_places().values()):
            try:
                ends[place] = fields.Datetime.to_string(read_end(place, TIMEOUT))
            except (OSError, ValueError):
                unread.append(place)
                if place in known:
                    ends[place] = known[place]
        # Not by the ORM: it is no change of settings, and no reason to clear caches.
        self.env.cr.execute(
            SQL("UPDATE call_pbx SET certificates = %s WHERE id = %s", json.dumps(ends), self.id)
        )
        self.invalidate_recordset(["certificates", "certificate_label"], flush=False)
        return unread

    # === FINDINGS === #

    @api.model
    def _get_health_names(self):
        return [*super()._get_health_names(), "certificate"]

    def _find_certificate(self):
        ends, now = self._get_certificate_ends(), fields.Datetime.now()
        due = [(end, place) for place, end in ends.items() if end < now + WARN_BEFORE]
        if not due:
            return None
        end, place = min(due)
        is_for_events = self._get_places().get("events") == place
        explain = self._explain_own_end if is_for_events else self._explain_api_end
        text = explain(end <= now, {"address": place, "date": self._format_date(end)})
        severity = DANGER if end <= now else WARNING
        button = self.env._("Check Again")
        return Finding("certificate", severity, text, button, "action_check_certificates")

    def _explain_own_end(self, has_ended, values):
        if has_ended:
            return self.env._(
                "The certificate of Odoo at %(address)s has ended on %(date)s: telephone systems "
                "that check it send no events. Renew it on the server.",
                **values,
            )
        return self.env._(
            "The certificate of Odoo at %(address)s ends on %(date)s. Renew it on the server "
            "before, or telephone systems that check it send no events any more.",
            **values,
        )

    def _explain_api_end(self, has_ended, values):
        if has_ended:
            return self.env._(
                "The certificate of the telephone system at %(address)s has ended on %(date)s: "
                "Odoo cannot dial. Renew it in the telephone system.",
                **values,
            )
        return self.env._(
            "The certificate of the telephone system at %(address)s ends on %(date)s. Renew it in "
            "the telephone system before, or Odoo cannot dial any more.",
            **values,
        )

    # === CRON METHODS === #

    @api.model
    def _cron_check_certificates(self):
        """Read all certificates. A copy of the database asks nobody."""
        if self._is_database_copy():
            return
        systems = self.search([("active", "=", True)]).filtered(lambda pbx: not pbx.can_simulate)
        self._run_for_each(systems, "certificate_date", "_check_certificates")
