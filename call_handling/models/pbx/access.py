import secrets
from datetime import datetime, timedelta, timezone

import requests

from odoo import api, fields, models, tools
from odoo.tools import SQL

from ...adapters.base import Proof
from ...adapters.standard_webhooks import write_secret
from ...tools import ADMIN, display_notification, public_method
from .severity import DANGER, WARNING

WEBHOOK_PATH = "/call_handling/pbx"
# A proxy before several workers sends what is below /websocket to the evented server.
COMMANDS_PATH = f"/websocket{WEBHOOK_PATH}"
TEST_TIMEOUT = 5  # seconds
ROTATION_HOURS = 24  # how long both secrets are valid after a change


def is_of_telephone_system(path):
    """Return whether telephone systems, or relays beside them, send requests to a path."""
    return path.startswith((WEBHOOK_PATH, COMMANDS_PATH))


def find_token(path):
    """Return the part of a path that says of which telephone system a request is; empty if it is
    of none.

    :rtype: str
    """
    for prefix in (WEBHOOK_PATH, COMMANDS_PATH):
        if path.startswith(f"{prefix}/"):
            return path.removeprefix(f"{prefix}/").partition("/")[0]
    return ""


def new_token():
    """Return a part of an address that cannot be guessed."""
    return secrets.token_urlsafe(24)


class CallPbx(models.Model):
    """Who may send events as this telephone system: its address and secrets, and their test."""

    _inherit = "call.pbx"

    token = fields.Char(
        default=lambda self: new_token(),
        required=True,
        copy=False,
        readonly=True,
        groups=ADMIN,
        audit="address",
    )
    webhook_url = fields.Char(
        string="Address",
        compute="_compute_webhook_url",
        groups=ADMIN,
        help="The telephone system sends its events to this address.",
    )
    secret = fields.Char(copy=False, groups=fields.NO_ACCESS, audit="secret")
    previous_secret = fields.Char(copy=False, groups=fields.NO_ACCESS, audit="secret")
    previous_secret_until = fields.Datetime(
        string="Old Secret Valid Until", copy=False, audit="secret"
    )
    new_secret = fields.Char(
        compute="_compute_new_secret",
        inverse="_inverse_new_secret",
        groups=ADMIN,
        help="It is stored, and never shown again. Enter another one to replace it; the current "
        "one remains valid for one day.",
        writable="admin",
    )
    has_secret = fields.Boolean(compute="_compute_has_secret")
    unsigned_allowed = fields.Boolean(
        string="Accept Unsigned Events",
        help="This telephone system cannot sign. Whoever knows the address can send events: keep "
        "it as secret as a password.",
        writable="admin",
        tracking=True,
    )
    last_contact_date = fields.Datetime(
        string="Last Contact",
        readonly=True,
        copy=False,
        help="When the relay last reported that it is running.",
    )

    _token_uniq = models.UniqueIndex("(token)", "Another telephone system has this address.")

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

    @public_method(one=True)
    def action_new_secret(self):
        """Create a secret and show it once. The previous one remains valid for a day."""
        self.check_access("write")
        secret = secrets.token_urlsafe(32)
        self._replace_secret(secret)
        shown = {"default_secret": secret}
        if self._get_adapter().standard_webhooks:
            shown["default_standard_secret"] = write_secret(secret)
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Secret of %s", self.name),
            "res_model": "call.pbx.secret.show",
            "view_mode": "form",
            "target": "new",
            "context": shown,
        }

    @public_method()
    def action_end_old_secret(self):
        """Refuse the previous secret from now on."""
        self.check_access("write")
        self.sudo().write({"previous_secret": False, "previous_secret_until": False})

    @public_method()
    def action_new_address(self):
        """Create another address; requests to the current one are refused from now on."""
        self.check_access("write")
        # sudo: nobody chooses an address
        for pbx_sudo in self.sudo():
            pbx_sudo.token = new_token()

    @public_method(one=True)
    def action_test(self):
        """Send a request to our own address as the telephone system would, and one to the
        telephone system if its API is set up, and show the result.

        It shows that the address leads to this database and, if the signature is one that we can
        create, that it is accepted. What is wrong with what is entered is shown, too.
        """
        self.check_access("write")
        adapter = self._get_adapter()
        uses_api = self.can_dial and adapter.is_api_set_up()
        problem = self._find_problem() or (uses_api and self._find_api_problem(adapter))
        findings = self._get_findings()
        severe = [finding.text for finding in findings if finding.severity == DANGER]
        if problems := dict.fromkeys([*filter(None, [problem]), *severe]):
            message = " ".join(problems)
            return display_notification(message, "danger", self.env._("Not Ready Yet"))
        message = self.env._("The address works. Now make a call: it appears in the list at once.")
        if uses_api:
            message = self.env._(
                "The address works, and the telephone system answers. Now make a call."
            )
        if warnings := [finding.text for finding in findings if finding.severity == WARNING]:
            message = " ".join([message, self.env._("But:"), *warnings])
            return display_notification(message, "warning", self.env._("Ready"))
        return display_notification(message, title=self.env._("Ready"))

    # === SECRETS === #

    def _replace_secret(self, secret):
        """Replace the secret. The previous one remains valid for a day.

        :param str secret: the new one
        """
        self.ensure_one()
        # sudo: the administrator writes a secret, and nobody reads it
        pbx_sudo = self.sudo()
        values = {"secret": secret}
        if pbx_sudo.secret:
            values["previous_secret"] = pbx_sudo.secret
            values["previous_secret_until"] = fields.Datetime.now() + timedelta(
                hours=ROTATION_HOURS
            )
        pbx_sudo.write(values)
        self.invalidate_recordset(["has_secret"])

    # === TEST === #

    def _find_problem(self):
        """Return what prevents this telephone system's events from being accepted.

        :return: empty if nothing does
        :rtype: str
        """
        if self.is_adapter_missing:
            return self._explain_missing_addon()
        if problem := self._find_missing_proof():
            return problem
        try:
            status, expected = self._request_own_address()
        except requests.RequestException as error:
            return self.env._(
                "%(address)s cannot be reached from the server: %(reason)s. Is the system "
                "parameter web.base.url the address at which Odoo is reached?",
                address=self.get_base_url(),
                reason=type(error).__name__,
            )
        if status != expected:
            return self.env._(
                "%(address)s answers with status %(status)s. If this server has several "
                "databases, the host name (dbfilter) or the header X-Odoo-Database must select "
                "the one of the request.",
                address=self.get_base_url(),
                status=status,
            )
        return ""

    def _explain_missing_addon(self):
        return self.env._(
            "The addon for this telephone system is not installed. Install it again, or choose "
            "another system."
        )

    def _find_missing_proof(self):
        """Return what is missing to verify the telephone system."""
        if self.proof == Proof.ADDRESS.value and not self.unsigned_allowed:
            return self.env._("The system cannot sign. Accept unsigned events, then test again.")
        if self.proof == Proof.OUR_SECRET.value and not self.has_secret:
            return self.env._("There is no secret yet. Create it and enter it in the system.")
        if self.proof == Proof.THEIR_SECRET.value and not self.has_secret:
            return self.env._("There is no secret yet. Copy it from the telephone system.")
        return ""

    def _request_own_address(self):
        """Send a signed batch without events, or a mere request if only the system can sign.

        :return: the HTTP status of the answer, and the expected one
        :rtype: tuple[int, int]
        :raise requests.RequestException: there is no answer
        """
        url = self.sudo().webhook_url
        probe = self._get_adapter().make_probe(datetime.now(timezone.utc))
        if not probe:
            return requests.get(url, timeout=TEST_TIMEOUT).status_code, 405
        answer = requests.post(url, data=probe.body, headers=probe.headers, timeout=TEST_TIMEOUT)
        return answer.status_code, 200

    # === REQUESTS === #

    @api.model
    @tools.ormcache("token")
    def _find_by_token(self, token):
        """Return the telephone system with this address, and its adapter. Cached, since every
        event needs it; tokens that do not exist are not cached, or guesses could fill the memory.

        :param str token: last part of the address
        :return: id of the telephone system, its token, its adapter
        :rtype: tuple[int, str, adapters.base.Adapter]
        :raise KeyError: there is none, or it is archived
        """
        # the database rejects queries with some guesses, such as a null character
        is_valid = token.isascii() and token.isprintable()
        pbx_sudo = self.sudo().search([("token", "=", token)], limit=1) if is_valid else self
        if not pbx_sudo:
            raise KeyError(token)
        return pbx_sudo.id, pbx_sudo.token, pbx_sudo._get_adapter()

    def _note_contact(self):
        """Store a sign of life: a request without events. At most once a minute, and in plain
        SQL: it must not wait for, nor be lost by, other changes of the record."""
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_pbx
                   SET last_contact_date = now() AT TIME ZONE 'UTC'
                 WHERE id = %s
                   AND (last_contact_date IS NULL OR last_contact_date
                        < now() AT TIME ZONE 'UTC' - INTERVAL '1 minute')
                """,
                self.id,
            )
        )
        self.invalidate_recordset(["last_contact_date"])
