import ipaddress
from typing import NamedTuple
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.fields import Domain

from ...adapters.base import Sender
from ...tools import ADMIN, public_method, readable
from .severity import DANGER, INFO, SEVERITIES, WARNING

RECENT_CALLS = 500  # that are searched for phones and own numbers
# Names that the internet does not resolve
LOCAL_DOMAINS = (".local", ".lan", ".internal", ".intranet", ".home", ".home.arpa", ".test")
NAMED = 5  # things that a finding names; the others are counted


class Finding(NamedTuple):
    """Something about a telephone system that an administrator should know.

    :param name: of what was checked, such as ``country``
    :param severity: ``danger``: nothing can work; ``warning``: calls or their data are wrong or
        lost; ``info``: something to know
    :param text: for people; it says what to do next
    :param button: label of the button that leads there; empty if there is none
    :param method: of `call.pbx`, what the button does
    """

    name: str
    severity: str
    text: str
    button: str = ""
    method: str = ""


class CallPbx(models.Model):
    """Checks whether what is entered makes sense, beside whether the connection works.

    An addon adds a check by overriding :meth:`_get_finding_names`, with a method
    ``_find_<name>`` that returns a finding, or ``None`` if everything is as it should be.
    """

    _inherit = "call.pbx"

    findings = fields.Json(
        string="To Check",
        compute="_compute_findings",
        groups=ADMIN,
        export_string_translation=False,
    )
    finding_count = fields.Integer(
        string="To Correct",
        compute="_compute_findings",
        groups=ADMIN,
        help="What makes calls, or their data, wrong or incomplete.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("lang")
    def _compute_findings(self):
        for pbx in self:
            findings = pbx._sort_findings(pbx._get_health_findings() + pbx._get_findings())
            pbx.findings = [finding._asdict() for finding in findings]
            pbx.finding_count = sum(finding.severity != INFO for finding in findings)

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_open_company(self):
        """Open the company, to enter its country."""
        return self.company_id._get_records_action()

    @public_method()
    def action_open_base_url(self):
        """Open the address at which Odoo is reached."""
        parameters = self.env["ir.config_parameter"]
        return parameters.search([("key", "=", "web.base.url")])._get_records_action()

    @public_method(one=True)
    def action_view_extensions(self):
        """Open the extensions of this telephone system."""
        xmlid = "call_handling.call_extension_action"
        action = self.env["ir.actions.act_window"]._for_xml_id(xmlid)
        own = {"domain": [("pbx_id", "=", self.id)], "context": {"default_pbx_id": self.id}}
        return action | own

    @public_method(one=True)
    def action_view_left_extensions(self):
        """Open the extensions whose owners are archived."""
        action = self.action_view_extensions()
        return action | {"domain": [*action["domain"], ("is_left", "=", True)]}

    @public_method()
    def action_view_lines(self):
        """Open the own numbers."""
        return self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_line_action")

    @public_method(one=True)
    def action_view_left_lines(self):
        """Open the own numbers whose people are archived."""
        return self.action_view_lines() | {"domain": [("id", "in", self._get_left_lines().ids)]}

    @public_method(one=True)
    def action_view_left_rules(self):
        """Open the rules that assign calls to people who are archived."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_rule_action")
        return action | {"domain": [("id", "in", self._get_left_rules().ids)]}

    @public_method()
    def action_view_employees(self):
        """Open the employees, to create or link those that are missing."""
        return self.env["ir.actions.act_window"]._for_xml_id("hr.open_view_employee_list_my")

    # === BUSINESS METHODS === #

    def _get_findings(self):
        """Return what an administrator should know about this telephone system.

        :return: the worst first
        :rtype: list[Finding]
        """
        if not self.id:
            return []
        found = [getattr(self, f"_find_{name}")() for name in self._get_finding_names()]
        return self._sort_findings(filter(None, found))

    @api.model
    def _sort_findings(self, findings):
        """Return findings, the worst first."""
        return sorted(findings, key=lambda finding: SEVERITIES.index(finding.severity))

    @api.model
    def _get_finding_names(self):
        """Return the names of all checks, in their order.

        :rtype: list[str]
        """
        return [
            "addon",
            "proof",
            "address",
            "country",
            "unknown_peers",
            "unknown_phones",
            "left_extensions",
            "left_lines",
            "left_rules",
            "unknown_lines",
            "missing_employees",
            "free_phones",
            "missing_lines",
            "missing_events",
        ]

    # === CONNECTION === #

    def _find_addon(self):
        if self.is_adapter_missing:
            return Finding("addon", DANGER, self._explain_missing_addon())
        return None

    def _find_proof(self):
        text = self._find_missing_proof()
        return Finding("proof", DANGER, text) if text else None

    def _find_address(self):
        """Check whether requests can reach our address from where the telephone system is."""
        capabilities = self._get_adapter_class(self.adapter).capabilities
        address = urlsplit(self.get_base_url())
        furthest = _get_furthest_sender(address.hostname or "")
        if capabilities.sender > furthest:
            text = self.env._(
                "The telephone system cannot reach %s from where it is. Set the system parameter "
                "web.base.url to the address at which Odoo is reached from there.",
                self.get_base_url(),
            )
            return self._make_address_finding(DANGER, text)
        if capabilities.sender is not Sender.INTERNET or address.scheme == "https":
            return None
        if capabilities.needs_https:
            text = self.env._(
                "The telephone system sends only to addresses with https, not to %s. Set up https, "
                "and enter the address in the system parameter web.base.url.",
                self.get_base_url(),
            )
            return self._make_address_finding(DANGER, text)
        text = self.env._(
            "Events come over the internet to %s without encryption: others can read names and "
            "numbers. Set up https, and enter the address in the system parameter web.base.url.",
            self.get_base_url(),
        )
        return self._make_address_finding(WARNING, text)

    def _make_address_finding(self, severity, text):
        if not self.env["ir.config_parameter"].has_access("write"):
            return Finding("address", severity, text)
        button = self.env._("Open the Address")
        return Finding("address", severity, text, button, "action_open_base_url")

    def _find_missing_events(self):
        if self.can_simulate or self._search_last_events(1):
            return None
        text = self.env._(
            "No event has arrived yet. Do the steps of its set-up in the telephone system, then "
            "make a call: it appears at once."
        )
        button = self.env._("Set Up")
        return Finding("missing_events", INFO, text, button, "action_view_settings")

    # === NUMBERS === #

    def _find_country(self):
        """Check whether national numbers can be read: those of contacts, too."""
        if self.company_id.country_id:
            return None
        if self._get_region():
            severity = WARNING
            text = self.env._(
                "The company %s has no country: national numbers of contacts without a country "
                "match nobody. Enter its country.",
                self.company_id.name,
            )
        else:
            severity = WARNING if self.can_simulate else DANGER
            text = self.env._(
                "Neither the telephone system nor the company %s has a country: national numbers "
                "match nobody. Enter the country of the company.",
                self.company_id.name,
            )
        button = self.env._("Open the Company")
        return Finding("country", severity, text, button, "action_open_company")

    def _find_unknown_lines(self):
        if not (names := self._get_unknown_line_numbers()):
            return None
        text = self.env._(
            "Calls came over numbers that are not entered as own numbers: %s. Enter them, so that "
            "their calls are assigned and sorted.",
            self._enumerate(map(readable, names)),
        )
        button = self.env._("Own Numbers")
        return Finding("unknown_lines", WARNING, text, button, "action_view_lines")

    def _find_missing_lines(self):
        of_company = [("company_id", "=", self.company_id.id)]
        if self.can_simulate or self.env["call.line"].search_count(of_company, limit=1):
            return None
        text = self.env._(
            "No own numbers are entered. They determine the people, department, project and "
            "working hours of calls."
        )
        return Finding("missing_lines", INFO, text, self.env._("Own Numbers"), "action_view_lines")

    def _get_unknown_line_numbers(self):
        """Return the own numbers that calls reported lately, and nobody has entered."""
        phones = self.env["call.extension"]._get_owners(self.id)
        calls = self._search_recent_calls().filtered(lambda call: not call.line_id)
        numbers = sorted({call.line_number for call in calls if call.line_number} - phones.keys())
        find, company = self.env["call.line"].sudo()._find, self.company_id
        return [number for number in numbers if not find(number, company)]

    # === PHONES === #

    def _find_unknown_peers(self):
        if not self.unknown_peer_label:
            return None
        text = self.env._(
            "It is not known whose phones these are, or whether they are trunks: %s. Their calls "
            "may be wrong until you decide it.",
            self.unknown_peer_label,
        )
        button = self.env._("Decide Now")
        return Finding("unknown_peers", WARNING, text, button, "action_view_unknown_peers")

    def _find_unknown_phones(self):
        names = self._filter_unentered(self._get_ownerless_phones())
        if not names:
            return None
        if len(names) == 1:
            text = self.env._(
                "%s has rung, and belongs to nobody. Choose whose phone it is; until then, its "
                "calls are nobody's.",
                names[0],
            )
        else:
            text = self.env._(
                "These phones have rung, and belong to nobody: %s. Choose whose they are; until "
                "then, their calls are nobody's.",
                self._enumerate(names),
            )
        button = self.env._("Choose")
        return Finding("unknown_phones", WARNING, text, button, "action_choose_phone_owner")

    def _find_free_phones(self):
        entered = {
            extension.number.lower()
            for extension in self.extension_ids
            if not extension.user_id and not extension.employee_id
        }
        names = [name for name in self._get_ownerless_phones() if name.lower() in entered]
        if not names:
            return None
        text = self.env._(
            "These extensions have rung, and belong to nobody: %s. If they have an owner, enter "
            "it.",
            self._enumerate(names),
        )
        button = self.env._("Extensions")
        return Finding("free_phones", INFO, text, button, "action_view_extensions")

    def _get_ownerless_phones(self):
        """Return the phones that have rung lately without being anybody's.

        :rtype: list[str]
        """
        ownerless = [("extension", "!=", False), ("user_id", "=", False)]
        ownerless += [("employee_id", "=", False)]
        calls = self._search_recent_calls()
        # sudo: only which phones they were
        legs_sudo = self.env["call.leg"].sudo().search([("call_id", "in", calls.ids), *ownerless])
        return sorted(set(legs_sudo.mapped("extension")))

    def _search_recent_calls(self):
        # sudo: only phones and own numbers are read of them
        calls_sudo = self.env["call.call"].sudo()
        own = [("pbx_id", "=", self.id), ("is_private", "=", False)]
        return calls_sudo.search(own, order="date_start desc", limit=RECENT_CALLS)

    # === PEOPLE === #

    def _find_left_extensions(self):
        left = self.extension_ids.filtered("is_left")
        if not left:
            return None
        text = self.env._(
            "The owners of these extensions are archived: %s. New calls are nobody's. Enter who "
            "has the phones now.",
            self._enumerate(left.mapped("display_name")),
        )
        button = self.env._("Extensions")
        return Finding("left_extensions", WARNING, text, button, "action_view_left_extensions")

    def _find_left_lines(self):
        if not (left := self._get_left_lines()):
            return None
        text = self.env._(
            "The people of these own numbers are archived: %s. Nobody is asked to call back. Enter "
            "whose numbers they are now.",
            self._enumerate(left.mapped("display_name")),
        )
        button = self.env._("Own Numbers")
        return Finding("left_lines", WARNING, text, button, "action_view_left_lines")

    def _get_left_lines(self):
        """Return the own numbers whose people have all left."""
        all_people = self.env["call.line"].with_context(active_test=False)
        lines = all_people.search([("company_id", "=", self.company_id.id), ("active", "=", True)])
        return lines.filtered(
            lambda line: line.user_ids and not any(line.user_ids.mapped("active"))
        )

    def _find_left_rules(self):
        if not (left := self._get_left_rules()):
            return None
        text = self.env._(
            "These rules assign calls to people who are archived: %s. They assign them to nobody "
            "now. Enter who gets the calls.",
            self._enumerate(left.mapped("display_name")),
        )
        button = self.env._("Rules")
        return Finding("left_rules", WARNING, text, button, "action_view_left_rules")

    def _get_left_rules(self):
        """Return the rules that assign calls to people who have left."""
        of_company = [("company_id", "=", self.company_id.id), ("user_id", "!=", False)]
        return self.env["call.rule"].search(of_company).filtered(lambda r: r._is_person_left())

    def _find_missing_employees(self):
        """Check whether the time of everybody who has a phone can be logged."""
        users = self._get_users_without_employee()
        if not users:
            return None
        text = self.env._(
            "These users have a phone, but no employee in %(company)s: %(names)s. The time of "
            "their calls cannot be logged on timesheets. Create or link their employees.",
            company=self.company_id.name,
            names=self._enumerate(users.mapped("name")),
        )
        severity = WARNING if self._logs_time() else INFO
        button = self.env._("Employees")
        if not self.env["hr.employee"].has_access("write"):
            return Finding("missing_employees", severity, text)
        return Finding("missing_employees", severity, text, button, "action_view_employees")

    def _get_users_without_employee(self):
        phones = self.extension_ids.filtered(lambda phone: not any(phone.sudo()._get_owner()[1]))
        users = phones.user_id.filtered("active")
        places = self.env["call.call"]._get_places(set(users.ids), self.company_id.id)
        return users.filtered(lambda user: user.id not in places)

    def _logs_time(self):
        """Return whether the time of some calls is logged automatically."""
        if self.env["call.category"]._get_timesheet_ids():
            return True
        of_company = Domain("company_id", "=", self.company_id.id)
        logging = of_company & Domain("make_timesheet", "=", True)
        return bool(self.env["call.rule"].search_count(logging, limit=1))

    @api.model
    def _enumerate(self, names):
        """Return names for people; of many, only the first ones."""
        names = list(names)
        shown = ", ".join(names[:NAMED])
        if more := len(names[NAMED:]):
            return self.env._("%(names)s and %(count)s more", names=shown, count=more)
        return shown


def _get_furthest_sender(host):
    """Return the furthest place from which a host can be reached.

    :param str host: name or IP address
    :rtype: Sender
    """
    host = host.lower().rstrip(".")
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        if host == "localhost" or host.endswith((".localhost", ".localdomain")):
            return Sender.ANYWHERE
        is_local = "." not in host or host.endswith(LOCAL_DOMAINS)
        return Sender.OTHER_MACHINE if is_local else Sender.INTERNET
    address = getattr(address, "ipv4_mapped", None) or address
    if address.is_loopback or address.is_unspecified:
        return Sender.ANYWHERE
    return Sender.INTERNET if address.is_global else Sender.OTHER_MACHINE
