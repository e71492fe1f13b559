from datetime import datetime, timedelta, timezone

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools.intervals import Intervals

from ...tools import public_method

LENGTH = timedelta(minutes=30)
GRID = timedelta(minutes=15)  # meetings begin at a quarter of an hour
AHEAD = timedelta(days=14)  # how far ahead a free time is searched


class CallCall(models.Model):
    """Meetings that are created from calls.

    Odoo sends the title and description of a meeting to all attendees. Who called and what was
    said is put into its chatter instead, for colleagues.
    """

    _inherit = "call.call"

    meeting_id = fields.Many2one(
        "calendar.event",
        copy=False,
        index="btree_not_null",
        follow_up="meeting",
        follow_up_group="base.group_user",
        writable="create",
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_create_meeting(self):
        """Open a meeting to be completed and saved, or the existing one."""
        if self.meeting_id:
            return self.meeting_id._get_records_action()
        self._check_create_follow_up()
        values = self._prepare_meeting_values()
        # the call does not get an activity of its own for the meeting
        context = {f"default_{n}": value for n, value in values.items()}
        context |= {"default_res_model_id": False, "skip_contact_description": True}
        return {
            "type": "ir.actions.act_window",
            "res_model": "calendar.event",
            "views": [(False, "form")],
            "context": context | {"call_handling_call_id": self.id},
        }

    # === BUSINESS METHODS === #

    def _create_follow_up(self, kind):
        """Override to keep the contact's data out of the description of a meeting."""
        skip = {"skip_contact_description": True} if kind == "meeting" else {}
        return super(CallCall, self.with_context(**skip))._create_follow_up(kind)

    def _prepare_meeting_values(self):
        """Return the values of the meeting that is created from the call: the next free half hour.

        :raise UserError: there is nobody to meet
        :rtype: dict
        """
        user = self._get_responsible("meeting")
        if not user:
            raise UserError(self.env._("A meeting needs a person. Choose one on the call."))
        start = self._get_free_time(user)
        return {
            "name": self._get_meeting_title(),
            "start": fields.Datetime.to_string(start),
            "stop": fields.Datetime.to_string(start + LENGTH),
            "user_id": user.id,
            "partner_ids": [Command.set((user.partner_id + self.partner_id).ids)],
        }

    def _get_meeting_title(self):
        """Return the title of a meeting. Whoever is invited, now or later, gets it by mail."""
        if not self._is_shown("summary", is_read_outside=True):
            return self.env._("Meeting")
        return self.env._("Meeting with %s", self.remote_label)

    def _get_title_of_copy(self, kind):
        """Override: also the other meetings of a series are copies."""
        return self.env._("Meeting") if kind == "meeting" else super()._get_title_of_copy(kind)

    def _get_free_time(self, user):
        """Return when a person works and has no meeting yet.

        :return: naive UTC; the next quarter of an hour if there is no free time
        :rtype: datetime
        """
        now = datetime.now(timezone.utc).replace(microsecond=0)
        free = self._get_working_time(user, now) - self._get_meetings(user, now)
        for start, stop, _records in free:
            begin = self._round_up(start.astimezone(timezone.utc))
            if begin + LENGTH <= stop:
                return begin.replace(tzinfo=None)
        return self._round_up(now).replace(tzinfo=None)

    def _round_up(self, moment):
        """Return the next moment at which a meeting may begin."""
        midnight = moment.replace(hour=0, minute=0, second=0)
        return midnight - (midnight - moment) // GRID * GRID

    def _get_working_time(self, user, now):
        """Return when a person works, in the days ahead.

        :rtype: odoo.tools.intervals.Intervals
        """
        # sudo: the working hours of colleagues
        resource_sudo = self.employee_id.sudo().resource_id
        if self.employee_id.sudo().user_id != user:
            resource_sudo = resource_sudo.browse()
        calendar_sudo = resource_sudo.calendar_id or self.company_id.sudo().resource_calendar_id
        return calendar_sudo._work_intervals_batch(now, now + AHEAD, resource_sudo)[
            resource_sudo.id
        ]

    def _get_meetings(self, user, now):
        """Return when a person already has meetings, in the days ahead.

        :rtype: odoo.tools.intervals.Intervals
        """
        # sudo: only when, not what
        events_sudo = (
            self.env["calendar.event"]
            .sudo()
            .search(
                [
                    ("partner_ids", "in", user.partner_id.ids),
                    ("show_as", "=", "busy"),
                    ("start", "<", fields.Datetime.to_string(now + AHEAD)),
                    ("stop", ">", fields.Datetime.to_string(now)),
                ]
            )
        )
        return Intervals(
            (
                event.start.replace(tzinfo=timezone.utc),
                event.stop.replace(tzinfo=timezone.utc),
                event,
            )
            for event in events_sudo
        )
