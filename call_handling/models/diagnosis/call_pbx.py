import json
import platform
import re
from collections import Counter
from datetime import timezone

from odoo import fields, models, release
from odoo.exceptions import AccessError

from ...adapters.diagnosis import Anonymizer
from ...adapters.pseudonyms import Pseudonyms
from ...tools import ADMIN, public_method

PATH = "/call_handling/diagnosis"
FORMAT = 1  # of the file; it rises when what was there changes
LAST_EVENTS = 50
FAILED_EVENTS = 20
MOST_FAILED = 1000  # whose reasons are counted
ADDONS = ("call_handling", "call_handling_%")

_PREFIX = re.compile(r"\d{1,3}")
_VERSION = re.compile(r"\d+(?:\.\d+){1,4}")


class CallPbx(models.Model):
    """A file for a bug report: what is installed, how the telephone system is set up, what it has
    reported. It is an allow-list: what is not named here, or in the adapter's vocabulary, is not
    in it, or is replaced.
    """

    _inherit = "call.pbx"

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_export_diagnosis(self):
        """Download a file about the telephone system for a bug report, in which nobody is named.

        :raise AccessError: the user does not administer calls
        """
        self._check_diagnosis()
        return self._open_diagnosis(self)

    # === BUSINESS METHODS === #

    def _check_diagnosis(self):
        """Check that the user may have a file about the telephone system.

        :raise AccessError: the user may not
        """
        self.check_access("read")
        if not self.env.su and not self.env.user.has_group(ADMIN):
            raise AccessError(
                self.env._("Only administrators of calls make diagnosis files. Ask one of them.")
            )

    def _open_diagnosis(self, record):
        url = f"{PATH}/{record._name}/{record.id}"
        return {"type": "ir.actions.act_url", "url": url, "target": "download"}

    def _make_diagnosis(self):
        """Return the content of the file: with the events that have failed last, and the last
        ones.

        :rtype: dict
        """
        self._check_diagnosis()
        own = [("pbx_id", "=", self.id), ("is_masked", "=", False)]
        events = self.env["call.event"]
        failed = events.search([*own, ("state", "=", "failed")], limit=FAILED_EVENTS)
        last = events.search([*own, ("call_id.is_private", "!=", True)], limit=LAST_EVENTS)
        return self._prepare_diagnosis(failed | last)

    def _prepare_diagnosis(self, events, call=None):
        """Return the content of a file.

        :param call.event events: of which it is
        :param call.call call: if it is about one
        :rtype: dict
        """
        anonymizer = self._make_anonymizer()
        return {
            "format": FORMAT,
            "made_at": fields.Datetime.now().isoformat(),
            "versions": self._get_versions(),
            # first, so that the smallest numbers are those of its phones
            "system": self._describe_system(anonymizer),
            "counts": self._count_for_diagnosis(anonymizer),
            "findings": [
                {"name": finding.name, "severity": finding.severity}
                for finding in self._get_health_findings() + self._get_findings()
            ],
            "call": call._describe_course(anonymizer.pseudonyms.replace) if call else None,
            "events": [event._describe(anonymizer) for event in events.sorted(_by_arrival)],
        }

    def _make_anonymizer(self):
        adapter = self._get_adapter()
        pseudonyms = Pseudonyms(adapter.settings.numbering, adapter.vocabulary.marks)
        return Anonymizer(adapter.vocabulary, pseudonyms)

    def _get_versions(self):
        addons = ["|", *(("name", "=like", name) for name in ADDONS)]
        # sudo: which addons are installed is not confidential
        modules_sudo = self.env["ir.module.module"].sudo()
        installed = modules_sudo.search([("state", "=", "installed"), *addons], order="name")
        return {
            "odoo": release.version,
            "python": platform.python_version(),
            "postgresql": self.env.cr._cnx.server_version,
            "addons": {module.name: module.latest_version for module in installed},
        }

    def _describe_system(self, anonymizer):
        """Return the settings, without names, addresses and secrets."""
        settings = self._get_adapter().settings
        numbering = anonymizer.pseudonyms.new_numbering
        rename = anonymizer.pseudonyms.replace
        prefix = self.outside_prefix or ""
        version = self.relay_version or ""
        return {
            "adapter": self.adapter,
            "tz": self.tz,
            "country": numbering.region,
            "area_code": numbering.area_code,
            "national_numbers": settings.national_numbers.value,
            "outside_prefix": prefix if _PREFIX.fullmatch(prefix) else "",
            "number_format": self.number_format or None,
            "stale_hours": self.stale_hours,
            "active": self.active,
            "proof": self.proof,
            "unsigned_allowed": self.unsigned_allowed,
            "has_secret": self.has_secret,
            "has_api_secret": self.has_api_secret,
            "has_api_address": bool(self.api_url),
            "has_private_prefix": bool(self.private_prefix),
            "feature_codes": len(settings.feature_codes),
            "logs_feature_codes": self.logs_feature_codes,
            "relay": version if _VERSION.fullmatch(version) else None,
            "phones": sorted(map(rename, sorted(settings.phones))),
            "trunks": sorted(map(rename, sorted(settings.trunks))),
            "peers": [
                {"name": rename(peer.name), "extension": rename(peer.extension)}
                for peer in settings.peers
            ],
        }

    def _count_for_diagnosis(self, anonymizer):
        own = [("pbx_id", "=", self.id)]
        events = self.env["call.event"]
        failed = events.search([*own, ("state", "=", "failed")], limit=MOST_FAILED)
        reasons = Counter(json.dumps(anonymizer.read_reason(event.error or "")) for event in failed)
        return {
            "calls": _count_by(self.env["call.call"], own, "outcome"),
            "events": _count_by(events, own, "state"),
            "failed": [json.loads(reason) | {"count": n} for reason, n in reasons.most_common()],
        }


class CallEvent(models.Model):
    _inherit = "call.event"

    def _describe(self, anonymizer):
        """Return the event as it stands in a diagnosis file.

        :param adapters.diagnosis.Anonymizer anonymizer: of the file
        :rtype: dict
        """
        arrived = self.create_date.replace(tzinfo=timezone.utc)
        values = {"arrived": arrived.isoformat(), "state": self.state, "kind": self.kind or None}
        if self.error:
            values["reason"] = anonymizer.read_reason(self.error)
        if self.data:
            values["understood"] = anonymizer.replace_event(self.data, arrived)
        if self.raw:
            values |= self._describe_message(anonymizer, arrived)
        return values

    def _describe_message(self, anonymizer, arrived):
        """Return what was sent; of what is no JSON, only how long it is."""
        try:
            item = None if self.content_type else json.loads(self.raw)
        except ValueError:
            item = None
        if item is None:
            return {"characters": len(self.raw)}
        return {"message": anonymizer.replace_message(item, arrived)}


def _count_by(model, domain, name):
    """Return how many records there are for each value of a selection."""
    groups = model._read_group(domain, [name], ["__count"])
    return {value or "none": count for value, count in groups}


def _by_arrival(event):
    # those of one request arrive together
    return event.create_date, event.date or event.create_date, event.id
