from datetime import timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, fields, models, tools
from odoo.fields import Domain

from odoo.addons.base.models.res_partner import _tz_get

from ..adapters import ADAPTERS
from ..adapters.base import Proof, Settings

LAST_EVENTS = 20  # that the form shows


class Kept(NamedTuple):
    """Country and prefix of private calls of a telephone system; empty if there is none."""

    region: str
    private_prefix: str


class CallPbx(models.Model):
    """A telephone system that tells us its calls."""

    _name = "call.pbx"
    _description = "Telephone System"
    _inherit = [
        "call.pbx.access.mixin",
        "call.pbx.api.mixin",
        "call.pbx.gate.mixin",
        "call.pbx.lookup.mixin",
        "call.pbx.simulation.mixin",
    ]
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
    country_code = fields.Char(related="country_id.code", store=True)
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
    private_prefix = fields.Char(
        string="Prefix of Private Calls",
        help="Who dials these digits before the number makes a private call.",
    )
    stale_hours = fields.Float(
        string="Close Silent Calls After",
        default=4,
        help="Hours. A call of which nothing was heard for so long is closed, and says so.",
    )

    # What the adapter can do
    proof = fields.Selection(
        [
            (Proof.OUR_SECRET.value, "A secret of ours"),
            (Proof.THEIR_SECRET.value, "A secret of theirs"),
            (Proof.PUBLISHED.value, "A published key"),
            (Proof.ADDRESS.value, "The address alone"),
        ],
        compute="_compute_capabilities",
        export_string_translation=False,
    )
    can_sign = fields.Boolean(compute="_compute_capabilities")
    is_live = fields.Boolean(compute="_compute_capabilities")
    sends_local_times = fields.Boolean(compute="_compute_capabilities")
    can_dial = fields.Boolean(compute="_compute_capabilities")
    can_simulate = fields.Boolean(compute="_compute_capabilities")
    names_trunks = fields.Boolean(compute="_compute_capabilities")

    # Health
    last_event_ids = fields.One2many(
        "call.event", string="Last Events", compute="_compute_last_event_ids"
    )
    last_event_date = fields.Datetime(string="Last Event", compute="_compute_event_counts")
    event_count = fields.Integer(string="Events Today", compute="_compute_event_counts")
    failed_count = fields.Integer(string="Failed Events", compute="_compute_event_counts")

    _token_uniq = models.UniqueIndex("(token)", "Another telephone system has this address.")

    # === COMPUTE METHODS === #

    @api.model
    def _selection_adapter(self):
        return [(code, adapter.name) for code, adapter in self._get_adapters().items()]

    @api.depends("adapter")
    def _compute_capabilities(self):
        for pbx in self:
            capabilities = self._get_adapters()[pbx.adapter or "generic"].capabilities
            pbx.proof = capabilities.proof.value
            pbx.can_sign = capabilities.signs
            pbx.is_live = capabilities.live
            pbx.sends_local_times = capabilities.local_times
            pbx.can_dial = capabilities.dials
            pbx.can_simulate = capabilities.simulates
            pbx.names_trunks = capabilities.names_trunks

    def _compute_last_event_ids(self):
        # Not all events with a limit in the view: the screen would be told the ids of all.
        for pbx in self:
            pbx.last_event_ids = pbx._search_last_events(LAST_EVENTS)

    def _compute_event_counts(self):
        events = self.env["call.event"]
        own = Domain("pbx_id", "in", self._origin.ids)
        today = Domain("create_date", ">", fields.Datetime.now() - timedelta(days=1))
        recent = dict(events._read_group(own & today, ["pbx_id"], ["__count"]))
        failed = dict(
            events._read_group(own & Domain("state", "=", "failed"), ["pbx_id"], ["__count"])
        )
        for pbx in self:
            known = pbx._origin
            pbx.last_event_date = pbx._search_last_events(1).create_date
            pbx.event_count = recent.get(known, 0)
            pbx.failed_count = failed.get(known, 0)

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        self.env.registry.clear_cache()
        return super().unlink()

    # === ACTION METHODS === #

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
        return self._open_dialog("call.pbx.simulate", self.env._("Simulate a Call"))

    def action_test_dial(self):
        """Open the choice of what to dial."""
        return self._open_dialog("call.pbx.test.dial", self.env._("Test Dialling"))

    def _open_dialog(self, model, title):
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": title,
            "res_model": model,
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
        self_sudo = self.sudo()
        until = self_sudo.previous_secret_until
        settings = Settings(
            secret=self_sudo.secret or None,
            old_secret=self_sudo.previous_secret or None,
            old_secret_until=until.replace(tzinfo=timezone.utc) if until else None,
            unsigned_allowed=self.unsigned_allowed,
            tz=ZoneInfo(self.tz),
            trunks=frozenset(
                name.strip() for name in (self.trunk_names or "").split(",") if name.strip()
            ),
            **self._prepare_api_settings(),
        )
        return self._get_adapters()[self.adapter](settings)

    def _search_last_events(self, limit):
        """The events that arrived last, the newest first."""
        return self.env["call.event"].search(
            [("pbx_id", "in", self._origin.ids)], order="create_date desc, id desc", limit=limit
        )

    def _get_region(self):
        """ISO 3166 code of the country in which national numbers are meant."""
        self.ensure_one()
        return self._get_kept(self.id).region or self.company_id.country_id.code

    @api.model
    @tools.ormcache("pbx_id")
    def _get_kept(self, pbx_id):
        """What every event asks of its telephone system, so kept.

        :rtype: Kept
        """
        pbx_sudo = self.sudo().browse(pbx_id)
        return Kept(pbx_sudo.country_code or "", (pbx_sudo.private_prefix or "").strip())
