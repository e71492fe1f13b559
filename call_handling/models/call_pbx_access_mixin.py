import secrets
import time
from datetime import timedelta

import requests

from odoo import api, fields, models, tools
from odoo.tools import SQL

from ..adapters.request import Refusal
from ..adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign

TEST_HEADER = "x-call-handling-test"  # our own test of the address: nobody was heard of
WEBHOOK_PATH = "/call_handling/pbx"
TEST_TIMEOUT = 5  # seconds
ROTATION_HOURS = 24  # both secrets are valid so long after a change


def new_token():
    """An address part that cannot be guessed."""
    return secrets.token_urlsafe(24)


class CallPbxAccessMixin(models.AbstractModel):
    """Who may send events as this telephone system: address, secrets, refusals."""

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
    has_secret = fields.Boolean(compute="_compute_has_secret")
    unsigned_allowed = fields.Boolean(
        string="Accept Unsigned Events",
        help="This telephone system cannot sign. Whoever learns the address can then send "
        "events: keep it as secret as a password.",
    )

    last_contact_date = fields.Datetime(string="Last Heard Of", readonly=True, copy=False)
    refused_count = fields.Integer(string="Refused Requests", readonly=True, copy=False)
    refused_reason = fields.Selection(
        [
            (Refusal.UNSIGNED.value, "The signature was missing."),
            (
                Refusal.WRONG_SIGNATURE.value,
                "The signature was wrong. Does the telephone system have the present secret?",
            ),
            (Refusal.OLD.value, "The time stamp was too old or ahead. Check both clocks."),
            (
                Refusal.NOT_ALLOWED_UNSIGNED.value,
                "The telephone system does not sign. Allow unsigned events if it cannot.",
            ),
        ],
        string="Last Refusal",
        readonly=True,
        copy=False,
    )
    refused_date = fields.Datetime(string="Last Refused", readonly=True, copy=False)

    # === COMPUTE METHODS === #

    @api.depends("token")
    def _compute_webhook_url(self):
        for pbx in self:
            pbx.webhook_url = f"{pbx.get_base_url()}{WEBHOOK_PATH}/{pbx.token}"

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
        pbx_sudo = self.sudo()
        values = {"secret": secret}
        if pbx_sudo.secret:
            values["previous_secret"] = pbx_sudo.secret
            values["previous_secret_until"] = fields.Datetime.now() + timedelta(
                hours=ROTATION_HOURS
            )
        pbx_sudo.write(values)
        self.invalidate_recordset(["has_secret"])
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
        """Ask our own address as the telephone system would, and tell how it went.

        For systems that only send, this is what can be tested from here: that the address
        leads to this database and that the signature is accepted.
        """
        self.ensure_one()
        self.check_access("write")
        problem = self._find_problem()
        if problem:
            return self._notify(self.env._("It does not work yet"), problem, "danger")
        told = self.env._("The address works. Now make a call: it appears in the list at once.")
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

    def _find_problem(self):
        """What keeps this telephone system's events from being taken.

        :return: empty if nothing does
        :rtype: str
        """
        pbx_sudo = self.sudo()
        if self.can_sign and not pbx_sudo.secret:
            return self.env._("There is no secret yet. Create it and give it to the system.")
        if not self.can_sign and not self.unsigned_allowed:
            return self.env._("The system cannot sign. Accept unsigned events, then test again.")
        try:
            status = self._ask_own_address()
        except requests.RequestException as error:
            return self.env._(
                "%(address)s cannot be reached from the server: %(reason)s. Does the system "
                "parameter web.base.url name the address at which Odoo is reached?",
                address=self.get_base_url(),
                reason=type(error).__name__,
            )
        if status != self._get_expected_status():
            return self.env._(
                "%(address)s answers with status %(status)s. If this server has several "
                "databases, the one of the request must be clear from the host name (dbfilter) "
                "or from the header X-Odoo-Database.",
                address=self.get_base_url(),
                status=status,
            )
        return ""

    def _get_expected_status(self):
        return 200 if self.can_sign else 405

    def _ask_own_address(self):
        """Send a signed batch without events; to systems that do not sign, only knock.

        :return: the HTTP status of the answer
        :rtype: int
        :raise requests.RequestException: there is no answer
        """
        pbx_sudo = self.sudo()
        if not self.can_sign:
            return requests.get(pbx_sudo.webhook_url, timeout=TEST_TIMEOUT).status_code
        body, timestamp = b'{"events": []}', str(int(time.time()))
        headers = {
            "Content-Type": "application/json",
            TIMESTAMP_HEADER: timestamp,
            SIGNATURE_HEADER: sign(pbx_sudo.secret, timestamp, body),
            TEST_HEADER: "1",
        }
        answer = requests.post(
            pbx_sudo.webhook_url, data=body, headers=headers, timeout=TEST_TIMEOUT
        )
        return answer.status_code

    @api.model
    @tools.ormcache("token")
    def _get_gate(self, token):
        """The telephone system with this address and its adapter. On the way of every
        event, so kept; what is not found is not kept, or guesses could fill the memory.

        :param str token: last part of the address
        :return: id of the telephone system, its token, its adapter
        :rtype: tuple[int, str, adapters.base.Adapter]
        :raise KeyError: there is none, or it is in the archive
        """
        # the database cannot even be asked for some guesses, such as a null character
        known = token.isascii() and token.isprintable()
        pbx_sudo = self.sudo().search([("token", "=", token)], limit=1) if known else self
        if not pbx_sudo:
            raise KeyError(token)
        return pbx_sudo.id, pbx_sudo.token, pbx_sudo._get_adapter()

    def _count_refusal(self, refusal):
        """Count a refused request, for the administrator to see.

        Plain SQL: it must not wait for, nor be lost to, whatever else happens to the record.

        :param adapters.request.Refusal refusal: why
        """
        self.ensure_one()
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_pbx
                   SET refused_count = COALESCE(refused_count, 0) + 1,
                       refused_reason = %s,
                       refused_date = now() AT TIME ZONE 'UTC'
                 WHERE id = %s
                """,
                refusal.value,
                self.id,
            )
        )
        self.invalidate_recordset(["refused_count", "refused_reason", "refused_date"])
