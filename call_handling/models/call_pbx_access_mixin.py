import secrets
from datetime import datetime, timedelta, timezone

import requests

from odoo import api, fields, models

from ..adapters.base import Proof

WEBHOOK_PATH = "/call_handling/pbx"
TEST_TIMEOUT = 5  # seconds
ROTATION_HOURS = 24  # both secrets are valid so long after a change


def new_token():
    """An address part that cannot be guessed."""
    return secrets.token_urlsafe(24)


class CallPbxAccessMixin(models.AbstractModel):
    """Who may send events as this telephone system: address and secrets, and their test."""

    _name = "call.pbx.access.mixin"
    _description = "Access of Telephone Systems"

    token = fields.Char(
        default=lambda self: new_token(),
        required=True,
        copy=False,
        readonly=True,
        groups="call_handling.group_call_handling_admin",
    )
    webhook_url = fields.Char(
        string="Address",
        compute="_compute_webhook_url",
        groups="call_handling.group_call_handling_admin",
        help="The telephone system sends its events here.",
    )
    secret = fields.Char(copy=False, groups=fields.NO_ACCESS)
    previous_secret = fields.Char(copy=False, groups=fields.NO_ACCESS)
    previous_secret_until = fields.Datetime(string="Old Secret Valid Until", copy=False)
    new_secret = fields.Char(
        compute="_compute_new_secret",
        inverse="_inverse_new_secret",
        groups="call_handling.group_call_handling_admin",
        help="Kept, and never shown again. Enter another one to replace it; the present one stays "
        "valid for one day.",
    )
    has_secret = fields.Boolean(compute="_compute_has_secret")
    unsigned_allowed = fields.Boolean(
        string="Accept Unsigned Events",
        help="This telephone system cannot sign. Whoever learns the address can then send "
        "events: keep it as secret as a password.",
    )

    # === COMPUTE METHODS === #

    @api.depends("token")
    def _compute_webhook_url(self):
        for pbx in self:
            pbx.webhook_url = f"{pbx.get_base_url()}{WEBHOOK_PATH}/{pbx.token}"

    def _compute_new_secret(self):
        self.new_secret = False

    def _inverse_new_secret(self):
        for pbx in self.filtered("new_secret"):
            pbx._replace_secret(pbx.new_secret.strip())

    @api.depends("secret")
    def _compute_has_secret(self):
        for pbx, pbx_sudo in zip(self, self.sudo(), strict=True):
            pbx.has_secret = bool(pbx_sudo.secret)

    # === ACTION METHODS === #

    def action_new_secret(self):
        """Make a secret and show it, this once. An earlier one stays valid for a day."""
        self.ensure_one()
        self.check_access("write")
        secret = secrets.token_urlsafe(32)
        self._replace_secret(secret)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Secret of %s", self.name),
            "res_model": "call.pbx.secret.show",
            "view_mode": "form",
            "target": "new",
            "context": {"default_secret": secret},
        }

    def action_end_old_secret(self):
        """Refuse the earlier secret from now on."""
        self.check_access("write")
        self.sudo().write({"previous_secret": False, "previous_secret_until": False})

    def action_new_address(self):
        """Make another address; requests to the present one are refused from now on."""
        self.check_access("write")
        for pbx in self:
            pbx.token = new_token()

    def action_test(self):
        """Ask our own address as the telephone system would, and the telephone system where
        it has an API and we are to use it; tell how it went.

        What the address says shows that it leads to this database and that, where the
        signature is one that we can make, it is accepted.
        """
        self.ensure_one()
        self.check_access("write")
        adapter = self._get_adapter()
        asks = self.can_dial and adapter.is_api_set_up()
        problem = self._find_problem() or (asks and self._find_api_problem(adapter))
        if problem:
            return self._notify(self.env._("It does not work yet"), problem, "danger")
        told = self.env._("The address works. Now make a call: it appears in the list at once.")
        if asks:
            told = self.env._("The address works, and the telephone system answers. Make a call.")
        return self._notify(self.env._("Ready"), told, "success")

    def _notify(self, title, message, kind):
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "title": title,
                "message": message,
                "type": kind,
                "sticky": kind == "danger",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    # === BUSINESS METHODS === #

    def _replace_secret(self, secret):
        """Take another secret. An earlier one stays valid for a day.

        :param str secret: the new one
        """
        self.ensure_one()
        # sudo: a secret is written by the administrator and read by nobody
        pbx_sudo = self.sudo()
        values = {"secret": secret}
        if pbx_sudo.secret:
            values["previous_secret"] = pbx_sudo.secret
            values["previous_secret_until"] = fields.Datetime.now() + timedelta(
                hours=ROTATION_HOURS
            )
        pbx_sudo.write(values)
        self.invalidate_recordset(["has_secret"])

    def _find_problem(self):
        """What keeps this telephone system's events from being taken.

        :return: empty if nothing does
        :rtype: str
        """
        if problem := self._find_missing_proof():
            return problem
        try:
            status, expected = self._ask_own_address()
        except requests.RequestException as error:
            return self.env._(
                "%(address)s cannot be reached from the server: %(reason)s. Does the system "
                "parameter web.base.url name the address at which Odoo is reached?",
                address=self.get_base_url(),
                reason=type(error).__name__,
            )
        if status != expected:
            return self.env._(
                "%(address)s answers with status %(status)s. If this server has several "
                "databases, the one of the request must be clear from the host name (dbfilter) "
                "or from the header X-Odoo-Database.",
                address=self.get_base_url(),
                status=status,
            )
        return ""

    def _find_missing_proof(self):
        """What is missing for the telephone system to be recognised by."""
        if self.proof == Proof.ADDRESS.value and not self.unsigned_allowed:
            return self.env._("The system cannot sign. Accept unsigned events, then test again.")
        if self.proof == Proof.OUR_SECRET.value and not self.has_secret:
            return self.env._("There is no secret yet. Create it and give it to the system.")
        if self.proof == Proof.THEIR_SECRET.value and not self.has_secret:
            return self.env._("There is no secret yet. Copy it from the telephone system.")
        return ""

    def _ask_own_address(self):
        """Send a signed batch without events; where only the telephone system can sign, knock.

        :return: the HTTP status of the answer, and the one that it should be
        :rtype: tuple[int, int]
        :raise requests.RequestException: there is no answer
        """
        url = self.sudo().webhook_url
        probe = self._get_adapter().make_probe(datetime.now(timezone.utc))
        if not probe:
            return requests.get(url, timeout=TEST_TIMEOUT).status_code, 405
        answer = requests.post(url, data=probe.body, headers=probe.headers, timeout=TEST_TIMEOUT)
        return answer.status_code, 200
