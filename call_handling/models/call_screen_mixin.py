from odoo import api, fields, models

from ..tools import readable

SHORTEST_IN_CALENDAR = 0.5  # hours: room for one line of text


class CallScreenMixin(models.AbstractModel):
    """A call as people read it."""

    _name = "call.screen.mixin"
    _description = "Calls on the Screen"

    remote_label = fields.Char(string="Other Side", compute="_compute_remote_label")
    number_label = fields.Char(string="Number, Readable", compute="_compute_number_label")
    progress = fields.Char(
        string="Outcome So Far",
        compute="_compute_progress",
        help="How far a running call is, or how it ended.",
    )
    calendar_hours = fields.Float(compute="_compute_calendar_hours")
    is_logged_by_system = fields.Boolean(compute="_compute_is_logged_by_system")

    # === COMPUTE METHODS === #

    @api.depends("partner_id", "remote_name", "number_label")
    def _compute_remote_label(self):
        for call in self:
            known = call.partner_id.display_name or call.remote_name or call.number_label
            call.remote_label = known or self.env._("Unknown")

    @api.depends("remote_number", "is_anonymous")
    def _compute_number_label(self):
        for call in self:
            withheld = call.is_anonymous and self.env._("Number withheld")
            call.number_label = withheld or readable(call.remote_number or "")

    @api.depends("remote_label", "date_start")
    def _compute_display_name(self):
        for call in self:
            start = call.date_start or fields.Datetime.now()
            local = fields.Datetime.context_timestamp(call, start)
            call.display_name = f"{call.remote_label}, {local:%Y-%m-%d %H:%M}"

    @api.depends("state", "outcome", "is_outside_hours")
    @api.depends_context("lang")
    def _compute_progress(self):
        states = dict(self._fields["state"]._description_selection(self.env))
        outcomes = dict(self._fields["outcome"]._description_selection(self.env))
        for call in self:
            if call.state != "ended":
                call.progress = states[call.state]
            elif call.is_outside_hours:
                call.progress = self.env._("Closed")
            else:
                call.progress = outcomes.get(call.outcome)

    @api.depends("wait_seconds", "talk_seconds")
    def _compute_calendar_hours(self):
        for call in self:
            hours = (call.wait_seconds + call.talk_seconds) / 3600
            call.calendar_hours = max(SHORTEST_IN_CALENDAR, hours)

    @api.depends("pbx_id")
    def _compute_is_logged_by_system(self):
        for call in self:
            call.is_logged_by_system = bool(call.pbx_id)
