import logging
from datetime import datetime, timedelta, timezone
from typing import NamedTuple
from zoneinfo import ZoneInfo

from odoo import api, fields, models, tools
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from odoo.addons.base.models.res_partner import _tz_get

from ...adapters import ADAPTERS
from ...adapters.base import Proof, Settings
from ...adapters.missing import MissingAdapter
from ...adapters.numbering import Numbering
from ...intake import MAX_CALLS, Intake
from ...tools import ADMIN, log_failure, public_method

_logger = logging.getLogger(__name__)

LAST_EVENTS = 20  # that the form shows


class Cached(NamedTuple):
    """What every event needs of its telephone system; texts are empty if they are not set."""

    company_id: int
    region: str
    private_prefix: str
    numbering: Numbering


class CallPbx(models.Model):
    """A telephone system that reports its calls."""

    _name = "call.pbx"
    _description = "Telephone System"
    _inherit = [
        "call.cached.mixin",
        "call.audited.mixin",
        "call.guard.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "sequence, id"

    name = fields.Char(required=True, writable="admin", tracking=True)
    sequence = fields.Integer(default=10, writable="admin")
    active = fields.Boolean(default=True, writable="admin", tracking=True)
    adapter = fields.Selection(
        "_selection_adapter",
        string="System",
        required=True,
        writable="admin",
        tracking=True,
    )
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        writable="admin",
        tracking=True,
    )
    country_id = fields.Many2one(
        "res.country",
        default=lambda self: self.env.company.country_id,
        help="National telephone numbers are numbers of this country.",
        ondelete="restrict",
        writable="admin",
        tracking=True,
    )
    country_code = fields.Char(related="country_id.code", store=True)
    tz = fields.Selection(
        _tz_get,
        string="Time Zone",
        required=True,
        default=lambda self: self.env.user.tz or "UTC",
        help="Where its people work: what is usual at which hour depends on it. Times that are "
        "sent without a time zone are of this one.",
        writable="admin",
        tracking=True,
    )
    extension_ids = fields.One2many(
        "call.extension", "pbx_id", string="Extensions", writable="admin"
    )
    trunk_names = fields.Char(
        string="Trunks",
        help="Names of the connections to the outside, separated by commas.",
        writable="admin",
        tracking=True,
    )
    peer_ids = fields.One2many(
        "call.peer",
        "pbx_id",
        string="Phones and Trunks",
        groups=ADMIN,
    )
    private_prefix = fields.Char(
        string="Prefix of Private Calls",
        help="A call is private if these digits were dialled before the number.",
        writable="admin",
        tracking=True,
    )
    stale_hours = fields.Float(
        string="Close Silent Calls After",
        default=4,
        help="In hours. A call about which nothing is reported for this long is closed, and says "
        "so.",
        writable="admin",
        tracking=True,
    )

    # What the system can do
    is_adapter_missing = fields.Boolean(compute="_compute_capabilities")
    proof = fields.Selection(
        Proof.choices(), compute="_compute_capabilities", export_string_translation=False
    )
    can_sign = fields.Boolean(compute="_compute_capabilities")
    is_live = fields.Boolean(compute="_compute_capabilities")
    can_dial = fields.Boolean(compute="_compute_capabilities")
    can_simulate = fields.Boolean(compute="_compute_capabilities")
    names_trunks = fields.Boolean(compute="_compute_capabilities")

    # Health
    last_event_ids = fields.One2many(
        "call.event", string="Last Events", compute="_compute_last_event_ids"
    )
    last_event_date = fields.Datetime(string="Last Event", compute="_compute_event_counts")
    event_count = fields.Integer(string="Events in 24 Hours", compute="_compute_event_count")
    failed_count = fields.Integer(string="Failed Events", compute="_compute_event_counts")

    # === COMPUTE METHODS === #

    @api.depends("adapter")
    def _compute_capabilities(self):
        for pbx in self:
            adapter = self._get_adapter_class(pbx.adapter)
            capabilities = adapter.capabilities
            pbx.is_adapter_missing = bool(pbx.adapter) and adapter is MissingAdapter
            pbx.proof = capabilities.proof.value
            pbx.can_sign = capabilities.signs
            pbx.is_live = capabilities.live
            pbx.can_dial = capabilities.dials
            pbx.can_simulate = capabilities.simulates
            pbx.names_trunks = capabilities.names_trunks

    def _compute_last_event_ids(self):
        # Not all events with a limit in the view: the screen would receive the ids of all.
        for pbx in self:
            pbx.last_event_ids = pbx._search_last_events(LAST_EVENTS)

    def _compute_event_counts(self):
        events = self.env["call.event"]
        own = Domain("pbx_id", "in", self._origin.ids)
        failed = dict(
            events._read_group(own & Domain("state", "=", "failed"), ["pbx_id"], ["__count"])
        )
        for pbx in self:
            known = pbx._origin
            pbx.last_event_date = pbx._get_last_event_date()
            pbx.failed_count = failed.get(known, 0)

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_events(self):
        """Open the events of this telephone system; the failed ones if there are any."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_event_action")
        return action | {
            "domain": [("pbx_id", "=", self.id)],
            "context": {"search_default_failed": 1} if self.failed_count else {},
        }

    @public_method(one=True)
    def action_simulate(self):
        """Open the dialog to choose what to simulate."""
        return self._open_dialog("call.pbx.simulate", self.env._("Simulate a Call"))

    @public_method(one=True)
    def action_test_dial(self):
        """Open the dialog to choose what to dial."""
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

    # === ADAPTERS === #

    @api.model
    def _get_adapters(self):
        """Return the adapter classes by code. Override to add a telephone system from an addon.

        :rtype: dict[str, type[adapters.base.Adapter]]
        """
        return ADAPTERS

    @api.model
    def _get_adapter_class(self, code):
        """Return the adapter class with this code, or the one that stands in for it if the addon
        that defines it is not installed.

        :rtype: type[adapters.base.Adapter]
        """
        return self._get_adapters().get(code, MissingAdapter)

    def _get_adapter(self):
        """Return the adapter with the settings of this record.

        :rtype: adapters.base.Adapter
        """
        self.ensure_one()
        return self._get_adapter_class(self.adapter)(Settings(**self._prepare_settings()))

    def _prepare_settings(self):
        """Return what the adapter needs of this record. Override to add the values of further
        fields to ``extra``.

        :rtype: dict
        """
        self_sudo = self.sudo()
        until = self_sudo.previous_secret_until
        register = self.env["call.peer"]._get_register(self._origin.id)
        return {
            "secret": self_sudo.secret or None,
            "old_secret": self_sudo.previous_secret or None,
            "old_secret_until": until.replace(tzinfo=timezone.utc) if until else None,
            "unsigned_allowed": self.unsigned_allowed,
            "tz": ZoneInfo(self.tz),
            "trunks": frozenset(self._get_trunk_names()),
            "phones": frozenset(self.env["call.extension"]._get_owners(self._origin.id)),
            "peers": register.peers,
            "extra": {},
            **self._prepare_number_settings(),
            **self._prepare_api_settings(),
        }

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        systems = super().create(vals_list)
        for pbx in systems:
            self.env["call.peer"]._follow_administrator(pbx, pbx._get_trunk_names())
        return systems

    def write(self, vals):
        if "trunk_names" not in vals:
            return super().write(vals)
        before = {pbx: pbx._get_trunk_names() for pbx in self}
        for pbx, names in before.items():
            self.env["call.peer"]._follow_administrator(pbx, names)
        result = super().write(vals)
        for pbx, names in before.items():
            self.env["call.peer"]._follow_administrator(pbx, {*names, *pbx._get_trunk_names()})
        return result

    # === BUSINESS METHODS === #

    def _get_trunk_names(self):
        """Return the connections to the outside that the administrator has entered.

        :rtype: list[str]
        """
        names = (self.trunk_names or "").split(",")
        return [name.strip() for name in names if name.strip()]

    def _search_last_events(self, limit):
        """Return the events that arrived last, the newest first."""
        return self.env["call.event"].search(
            [("pbx_id", "in", self._origin.ids)], order="create_date desc, id desc", limit=limit
        )

    def _get_region(self):
        """Return the country of national numbers, as its ISO 3166 code."""
        self.ensure_one()
        return self._get_cached(self.id).region or self.company_id.country_id.code

    @api.model
    @tools.ormcache("pbx_id")
    def _get_cached(self, pbx_id):
        """Return what every event needs of its telephone system.

        :rtype: Cached
        """
        pbx_sudo = self.sudo().browse(pbx_id)
        return Cached(
            company_id=pbx_sudo.company_id.id,
            region=pbx_sudo.country_code or "",
            private_prefix=(pbx_sudo.private_prefix or "").strip(),
            numbering=pbx_sudo._prepare_numbering(),
        )

    # === CRON METHODS === #

    @api.model
    def _cron_close_silent_calls(self):
        """Close calls about which nothing was reported for longer than their system allows. Only
        systems with running calls are looked at, and each one's calls are closed in batches."""
        running = [("state", "!=", "ended"), ("pbx_id", "!=", False)]
        groups = self.env["call.call"]._read_group(running, ["pbx_id"], order="pbx_id")
        self.env["ir.cron"]._commit_progress(remaining=len(groups))
        for (pbx,) in groups:
            pbx._run_isolated(pbx._close_silent_calls)
            if not self.env["ir.cron"]._commit_progress(1):
                break

    def _run_isolated(self, step):
        """Do something about one telephone system, in a scheduled action. If it fails, the others
        are not affected: what it has done since the last commit is undone.

        :param step: does it
        """
        try:
            step()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # Somebody changes the same records at this moment: the next run does it.
            self.env.cr.rollback()
        except Exception as error:
            self.env.cr.rollback()
            text = f"A scheduled action fails for telephone system {self.id}"
            log_failure(_logger, text, error)

    def _close_silent_calls(self):
        silent = self._search_silent_calls()
        for start in range(0, len(silent), MAX_CALLS):
            calls = silent[start : start + MAX_CALLS]
            for call, heard in calls:
                self.env["call.event"]._store_assumed_end(call, heard)
            Intake(self).update({call.pbx_ref for call, _heard in calls})
            if not self.env["ir.cron"]._commit_progress():
                break

    @api.model
    def _run_for_each(self, systems, name, *steps):
        """Do something about telephone systems in a scheduled action, as many as there is time
        for. The next run goes on where this one has stopped, before it begins again.

        :param systems: all of them
        :param str name: of the field that says when it was last done
        :param str steps: names of methods
        """
        cron = self.env["ir.cron"]
        began = fields.Datetime.now()
        oldest = systems.sorted(lambda pbx: (pbx[name] or datetime.min, pbx.id))
        due = oldest[: self._count_left_over() or None]
        cron._commit_progress(remaining=len(due))
        for pbx in due:
            for step in steps:
                pbx._run_isolated(getattr(pbx, step))
            # not by the ORM: it is no change of settings, and no reason to clear caches
            self.env.cr.execute(
                SQL(
                    "UPDATE call_pbx SET %s = %s WHERE id = %s", SQL.identifier(name), began, pbx.id
                )
            )
            pbx.invalidate_recordset([name], flush=False)
            if not cron._commit_progress(1):
                break

    @api.model
    def _count_left_over(self):
        """Return how many records the run before of the current scheduled action had no time for.

        :rtype: int
        """
        of_cron = [("cron_id", "=", self.env.context.get("cron_id"))]
        of_cron += [("id", "<", self.env.context.get("ir_cron_progress_id", 0))]
        # sudo: nobody else reads it
        progress_sudo = self.env["ir.cron.progress"].sudo()
        return progress_sudo.search(of_cron, order="id desc", limit=1).remaining

    def _search_silent_calls(self):
        """Return running calls with the time of their last event, if that is long ago.

        :rtype: list[tuple[call.call, datetime]]
        """
        self.ensure_one()
        before = fields.Datetime.now() - timedelta(hours=self.stale_hours)
        running = self.env["call.call"].search(
            [("pbx_id", "=", self.id), ("state", "!=", "ended"), ("date_start", "<", before)]
        )
        heard = self.env["call.event"]._read_group(
            [("call_id", "in", running.ids)], ["call_id"], ["date:max"]
        )
        return [(call, last) for call, last in heard if last < before]
