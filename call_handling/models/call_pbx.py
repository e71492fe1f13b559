import secrets
from datetime import timedelta
from zoneinfo import ZoneInfo

from odoo import api, fields, models, tools
from odoo.tools import SQL

from odoo.addons.base.models.res_partner import _tz_get

from ..adapters import ADAPTERS
from ..adapters.base import Refusal, Refused, Settings

WEBHOOK_PATH = "/call_handling/pbx"
ROTATION_HOURS = 24  # both secrets are valid so long after a change


def new_token():
    """An address part that cannot be guessed."""
    return secrets.token_urlsafe(24)


class CallPbx(models.Model):
    """A telephone system that tells us its calls."""

    _name = "call.pbx"
    _description = "Telephone System"
    _order = "sequence, id"

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    active = fields.Boolean(default=True)
    adapter = fields.Selection(
        "_selection_adapter", string="System", required=True, default="generic"
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    country_id = fields.Many2one(
        "res.country",
        default=lambda self: self.env.company.country_id,
        help="National telephone numbers are understood as numbers of this country.",
    )
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        help="For telephone systems that send times without a time zone.",
    )
    extension_ids = fields.One2many("call.extension", "pbx_id", string="Extensions")
    trunk_names = fields.Char(
        string="Trunks",
        help="Names of the connections to the outside, separated by commas. Needed only where "
        "one is named like a phone, with a number at its end.",
    )
    stale_hours = fields.Float(
        string="Close Silent Calls After",
        default=4,
        help="Hours. A call of which nothing was heard for so long is closed, and says so.",
    )

    # Who may send
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

    # What the adapter can do
    can_sign = fields.Boolean(compute="_compute_capabilities")
    can_dial = fields.Boolean(compute="_compute_capabilities")
    can_simulate = fields.Boolean(compute="_compute_capabilities")
    names_trunks = fields.Boolean(compute="_compute_capabilities")

    # Health
    event_ids = fields.One2many("call.event", "pbx_id", string="Events")
    last_event_date = fields.Datetime(string="Last Event", compute="_compute_event_counts")
    event_count = fields.Integer(string="Events Today", compute="_compute_event_counts")
    failed_count = fields.Integer(string="Failed Events", compute="_compute_event_counts")
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

    _token_uniq = models.UniqueIndex("(token)", "Another telephone system has this address.")

    # === COMPUTE METHODS === #

    @api.model
    def _selection_adapter(self):
        return [(code, adapter.name) for code, adapter in self._get_adapters().items()]

    @api.depends("token")
    def _compute_webhook_url(self):
        for pbx in self:
            pbx.webhook_url = f"{pbx.get_base_url()}{WEBHOOK_PATH}/{pbx.token}"

    @api.depends("secret")
    def _compute_has_secret(self):
        for pbx, pbx_sudo in zip(self, self.sudo(), strict=True):
            pbx.has_secret = bool(pbx_sudo.secret)

    @api.depends("adapter")
    def _compute_capabilities(self):
        for pbx in self:
            capabilities = self._get_adapters()[pbx.adapter or "generic"].capabilities
            pbx.can_sign = capabilities.signs
            pbx.can_dial = capabilities.dials
            pbx.can_simulate = capabilities.simulates
            pbx.names_trunks = capabilities.names_trunks

    def _compute_event_counts(self):
        events = self.env["call.event"]
        today = fields.Datetime.now() - timedelta(days=1)
        recent = dict(
            events._read_group(
                [("pbx_id", "in", self.ids), ("create_date", ">", today)], ["pbx_id"], ["__count"]
            )
        )
        failed = dict(
            events._read_group(
                [("pbx_id", "in", self.ids), ("state", "=", "failed")], ["pbx_id"], ["__count"]
            )
        )
        for pbx in self:
            last = events.search([("pbx_id", "=", pbx.id)], order="id desc", limit=1)
            pbx.last_event_date = last.create_date
            pbx.event_count = recent.get(pbx, 0)
            pbx.failed_count = failed.get(pbx, 0)

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

    def action_view_events(self):
        """The events of this telephone system; the failed ones if there are any."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_event_action")
        return action | {
            "domain": [("pbx_id", "=", self.id)],
            "context": {"search_default_failed": 1} if self.failed_count else {},
        }

    def action_simulate(self):
        """Open the choice of what to simulate."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Simulate a Call"),
            "res_model": "call.pbx.simulate",
            "view_mode": "form",
            "target": "new",
            "context": {"default_pbx_id": self.id},
        }

    # === BUSINESS METHODS === #

    @api.model
    def _get_adapters(self):
        """Adapter classes by code. Override to add a telephone system from another addon.

        :rtype: dict
        """
        return ADAPTERS

    def _get_adapter(self):
        """The adapter with the settings of this record.

        :rtype: adapters.base.Adapter
        """
        self.ensure_one()
        settings = Settings(
            secrets=self._get_valid_secrets(),
            unsigned_allowed=self.unsigned_allowed,
            tz=ZoneInfo(self.tz),
            trunks=frozenset(
                name.strip() for name in (self.trunk_names or "").split(",") if name.strip()
            ),
        )
        return self._get_adapters()[self.adapter](settings)

    def _get_valid_secrets(self):
        """The secrets that prove the sender now, the newest first.

        :rtype: tuple[str]
        """
        pbx_sudo = self.sudo()
        valid = [pbx_sudo.secret] if pbx_sudo.secret else []
        until = pbx_sudo.previous_secret_until
        if pbx_sudo.previous_secret and until and until > fields.Datetime.now():
            valid.append(pbx_sudo.previous_secret)
        return tuple(valid)

    @api.model
    def _find_by_token(self, token):
        """The telephone system with this address, in no other than superuser mode.

        :param str token: last part of the address
        :return: empty if there is none, or it is in the archive
        :rtype: call.pbx
        """
        return self.sudo().search([("token", "=", token)], limit=1)

    def _get_region(self):
        """ISO 3166 code of the country in which national numbers are meant."""
        self.ensure_one()
        return (self.country_id or self.company_id.country_id).code

    def _count_refusal(self, refusal):
        """Count a refused request, for the administrator to see.

        Plain SQL: it must not wait for, nor be lost to, whatever else happens to the record.

        :param adapters.base.Refusal refusal: why
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
