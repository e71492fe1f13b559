from datetime import datetime, time, timedelta, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.tools import SQL

from ...tools import ADMIN, public_method
from ...tools.usual import HOUR, floor
from ..health.call_pbx_hour import REPORTED
from .health import CLOCKS_AGREE
from .severity import DANGER, INFO

ERROR, WARNED, OK = "error", "warning", "ok"
STATES = [(ERROR, "Something does not work"), (WARNED, "Something is wrong"), (OK, "All is well")]
HEALTH_ACTION = "call_handling.call_pbx_action_health"


def get_state(findings):
    """Return the state that follows from what was found: one of :data:`STATES`."""
    severities = {finding.severity for finding in findings} - {INFO}
    if not severities:
        return OK
    return ERROR if DANGER in severities else WARNED


class CallPbx(models.Model):
    """What the health page of a telephone system shows."""

    _inherit = "call.pbx"

    health_state = fields.Selection(
        STATES, string="State", compute="_compute_health_state", groups=ADMIN
    )
    hours = fields.Json(
        string="Events Per Hour",
        compute="_compute_hours",
        groups=ADMIN,
        export_string_translation=False,
    )
    refused_today = fields.Integer(
        string="Not Accepted in 24 Hours",
        compute="_compute_requests_today",
        groups=ADMIN,
        help="Requests of the last 24 hours that were refused, or that failed.",
    )
    refused_reasons = fields.Text(string="Reasons", compute="_compute_requests_today", groups=ADMIN)
    pending_count = fields.Integer(
        string="Calls With Pending Jobs",
        compute="_compute_pending_count",
        groups=ADMIN,
        help="Calls for which something is still to be created, such as a task or a timesheet "
        "line. A scheduled action does it at once.",
    )
    duplicates_today = fields.Integer(
        string="Duplicates in 24 Hours",
        compute="_compute_requests_today",
        groups=ADMIN,
        help="Messages of the last 24 hours that had arrived before. Some telephone systems send "
        "everything twice; nothing is logged twice.",
    )

    clock_label = fields.Char(string="Its Clock", compute="_compute_clock_label", groups=ADMIN)
    relay_queue_label = fields.Char(
        string="Waiting There",
        compute="_compute_relay_queue_label",
        groups=ADMIN,
        help="What the relay had not sent yet when it last sent something.",
    )

    # === COMPUTE METHODS === #

    @api.depends_context("lang")
    def _compute_health_state(self):
        for pbx in self:
            pbx.health_state = get_state(pbx._get_health_findings() + pbx._get_findings())

    def _compute_hours(self):
        for pbx in self:
            pbx.hours = pbx._get_hours() if pbx._origin else False

    def _compute_event_count(self):
        now = fields.Datetime.now()
        live = floor(now) - HOUR  # since when hours may not be counted completely
        domain = [("pbx_id", "in", self._origin.ids), ("date", "<", live)]
        domain += [("date", ">", now - timedelta(days=1))]
        # sudo: how many events there were is not confidential
        hours_sudo = self.env["call.pbx.hour"].sudo()
        counts = dict(hours_sudo._read_group(domain, ["pbx_id"], ["event_count:sum"]))
        for pbx in self:
            recent = sum(pbx._count_recent_events(live).values()) if pbx._origin else 0
            pbx.event_count = counts.get(pbx._origin.sudo(), 0) + recent

    @api.depends_context("lang")
    def _compute_requests_today(self):
        deliveries = self.env["call.delivery"]
        since = fields.Datetime.now() - timedelta(days=1)
        groups = deliveries._read_group(
            [("pbx_id", "in", self._origin.ids), ("date", ">", since)],
            ["pbx_id", "reason"],
            ["request_count:sum", "duplicates:sum"],
            order="request_count:sum desc",
        )
        labels = dict(deliveries._fields["reason"]._description_selection(self.env))
        for pbx in self:
            own = [group[1:] for group in groups if group[0] == pbx._origin]
            refused = [(reason, count) for reason, count, _duplicates in own if reason]
            pbx.refused_today = sum(count for _reason, count in refused)
            pbx.refused_reasons = "\n".join(f"{count} × {labels[name]}" for name, count in refused)
            pbx.duplicates_today = sum(duplicates for _reason, _count, duplicates in own)

    def _compute_pending_count(self):
        domain = [("pbx_id", "in", self._origin.ids), ("has_pending_jobs", "=", True)]
        # sudo: how many, also of private calls
        calls_sudo = self.env["call.call"].sudo()
        counts = dict(calls_sudo._read_group(domain, ["pbx_id"], ["__count"]))
        for pbx in self:
            pbx.pending_count = counts.get(pbx._origin.sudo(), 0)

    @api.depends("clock_difference", "is_clock_estimated")
    @api.depends_context("lang")
    def _compute_clock_label(self):
        for pbx in self:
            pbx.clock_label = pbx._describe_clock()

    def _describe_clock(self):
        if abs(self.clock_difference) < CLOCKS_AGREE and self.is_clock_estimated:
            return self.env._("Agrees with this server's clock, as far as the times of events show")
        length = self._write_length(abs(self.clock_difference))
        if self.clock_difference > 0:
            return self.env._("%s ahead of this server's clock", length)
        if self.clock_difference < 0:
            return self.env._("%s behind this server's clock", length)
        return self.env._("Agrees with this server's clock")

    @api.depends("relay_waiting", "relay_oldest")
    @api.depends_context("lang")
    def _compute_relay_queue_label(self):
        for pbx in self:
            pbx.relay_queue_label = self.env._("Nothing")
            if pbx.relay_waiting:
                pbx.relay_queue_label = self.env._(
                    "About %(count)s events, the first for %(length)s",
                    count=pbx.relay_waiting,
                    length=pbx._write_length(pbx.relay_oldest),
                )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_health(self):
        """Open the health page of this telephone system."""
        action = self.env["ir.actions.act_window"]._for_xml_id(HEALTH_ACTION)
        views = [view for view in action["views"] if view[1] == "form"]
        return action | {"views": views, "res_id": self.id}

    @public_method(one=True)
    def action_view_settings(self):
        """Open the form in which this telephone system is set up."""
        return self._get_records_action(views=[(False, "form")])

    @public_method(one=True)
    def action_view_deliveries(self):
        """Open the requests of this telephone system."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_delivery_action")
        return action | {"domain": [("pbx_id", "=", self.id)], "context": {}}

    @public_method(one=True)
    def action_view_alerts(self):
        """Open the alerts of this telephone system."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_alert_action")
        return action | {"domain": [("pbx_id", "=", self.id)], "context": {}}

    # === BUSINESS METHODS === #

    def _get_health_url(self):
        """Return the address of the health page, for mails."""
        return f"{self.get_base_url()}/odoo/telephone-health/{self.id}"

    @api.model
    def _get_health_report(self):
        """Return the states of all telephone systems, without anything else about them.

        :rtype: dict
        """
        systems = []
        for pbx in self.search([("active", "=", True)]).filtered(lambda pbx: not pbx.can_simulate):
            findings = pbx._get_health_findings()
            names = [finding.name for finding in findings]
            systems.append({"id": pbx.id, "state": get_state(findings), "findings": names})
        states = {system["state"] for system in systems}
        worst = next((state for state, _label in STATES if state in states), OK)
        return {"status": worst, "systems": systems}

    def _get_hours(self):
        """Return the hours of today where the telephone system is, with the events in them and
        what is usual.

        :return: ``hours``, each with ``label``, ``count`` (``None`` if it has not begun yet),
            ``usual`` (``None`` if too little is known) and ``is_now``
        :rtype: dict
        """
        self.ensure_one()
        zone, now = ZoneInfo(self.tz), fields.Datetime.now()
        today = now.replace(tzinfo=timezone.utc).astimezone(zone).date()
        hour, end = (
            datetime.combine(day, time.min, zone).astimezone(timezone.utc).replace(tzinfo=None)
            for day in (today, today + timedelta(days=1))
        )
        history = self._get_history("event_count", now)
        counts = history.counts | self._count_recent_events(floor(now) - HOUR)
        hour, hours = floor(hour), []
        while hour < end:
            local = hour.replace(tzinfo=timezone.utc).astimezone(zone)
            hours.append(
                {
                    "label": local.strftime("%H"),
                    "count": counts.get(hour, 0) if hour <= now else None,
                    "usual": history.get_usual(hour),
                    "is_now": hour == floor(now),
                }
            )
            hour += HOUR
        return {"hours": hours, "zone": self.tz}

    def _count_recent_events(self, since):
        """Return the events by hour that may not be counted yet.

        :param datetime since: the first hour
        :rtype: dict[datetime, int]
        """
        self.env["call.event"].flush_model()
        self.env.cr.execute(
            SQL(
                """
                SELECT date_trunc('hour', create_date), count(*)
                  FROM call_event
                 WHERE pbx_id = %s AND create_date >= %s AND %s
              GROUP BY 1
                """,
                self._origin.id,
                since,
                REPORTED,
            )
        )
        return dict(self.env.cr.fetchall())
