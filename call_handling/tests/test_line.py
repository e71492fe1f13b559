from odoo import Command
from odoo.tests import tagged

from .common import CallCommon

LINE = "+493023125610"
CALLER = "+12025550142"
MONDAY = "2026-11-23"


@tagged("post_install", "-at_install")
class TestLine(CallCommon):
    """Own numbers: their users and working hours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.calendar = cls.env["resource.calendar"].create(
            {
                "name": "Hotline",
                "tz": "Europe/Berlin",
                "company_id": cls.company.id,
                "attendance_ids": [
                    Command.clear(),
                    *(
                        Command.create(
                            {"name": "Day", "dayofweek": day, "hour_from": 9, "hour_to": 17}
                        )
                        for day in "01234"
                    ),
                ],
            }
        )
        cls.line = cls.env["call.line"].create(
            {"name": "Hotline", "number": LINE, "calendar_id": cls.calendar.id}
        )

    def _miss(self, ref, at, extension="999", cause="no_answer"):
        phone = {"leg": f"{ref}-{extension}", "extension": extension}
        self._send_events(
            {"call": ref, "event": "ringing", "direction": "incoming", "from": CALLER, "to": LINE,
             "at": at} | phone,
            {"call": ref, "event": "ended", "cause": cause, "at": at},
        )  # fmt: skip
        return self._call(ref)

    # --- working hours ---------------------------------------------------------------

    def test_a_call_outside_working_hours_is_shown_as_closed(self):
        # Berlin is one hour ahead of UTC in November
        for at, closed in (
            ("07:59:59", True),
            ("08:00:00", False),
            ("15:59:59", False),
            ("16:00:00", True),
        ):
            with self.subTest(at):
                call = self._miss(f"c{at}", f"{MONDAY}T{at}Z")
                self.assertEqual(call.is_outside_hours, closed)
                self.assertEqual(call.progress, "Outside working hours" if closed else "No answer")
                self.assertEqual((call.outcome, call.call_type), ("no_answer", "unanswered"))

    def test_a_public_holiday_counts_in_its_company_only(self):
        sister = self.env["res.company"].create({"name": "Sister"})
        day = {"date_from": f"{MONDAY} 00:00:00", "date_to": f"{MONDAY} 23:59:59"}
        leaves = self.env["resource.calendar.leaves"]
        theirs = leaves.with_company(sister).create(day | {"name": "Theirs", "calendar_id": False})
        self.assertEqual(theirs.company_id, sister)
        self.assertFalse(self._miss("c1", f"{MONDAY}T10:00:00Z").is_outside_hours)
        leaves.create(day | {"name": "Ours", "calendar_id": False})
        self.assertTrue(self._miss("c2", f"{MONDAY}T10:00:00Z").is_outside_hours)

    def test_an_answered_call_is_never_shown_as_closed(self):
        call = self._log_call(number=CALLER, at=f"{MONDAY}T22:00:00Z")
        self.assertEqual(call.line_id, self.line)
        self.assertFalse(call.is_outside_hours)
        self.assertEqual(call.progress, "Answered")

    def test_a_call_is_not_closed_any_more_when_an_answer_is_reported_late(self):
        call = self._miss("c1", f"{MONDAY}T22:00:00Z", extension="101")
        self.assertTrue(call.is_outside_hours)
        self._send_events(
            {"call": "c1", "leg": "c1-101", "event": "answered", "extension": "101",
             "at": f"{MONDAY}T22:00:00Z"}
        )  # fmt: skip
        self.assertEqual(call.call_type, "incoming")
        self.assertFalse(call.is_outside_hours)

    def test_working_hours_that_are_changed_later_change_no_recorded_call(self):
        at = f"{MONDAY}T22:00:00Z"
        closed, opened = self._miss("c1", at), self._miss("c2", f"{MONDAY}T10:00:00Z")
        changes = {
            "longer": lambda: self.calendar.attendance_ids.write({"hour_from": 0, "hour_to": 24}),
            "none": lambda: self.line.write({"calendar_id": False}),
            "never": lambda: self.line.write(
                {
                    "calendar_id": self.env["resource.calendar"]
                    .create({"name": "Never", "attendance_ids": [Command.clear()]})
                    .id
                }
            ),
        }
        for number, (name, change) in enumerate(changes.items()):
            change()
            with self.subTest(name):
                for call in closed | opened:
                    own = call.with_user(self.admin)
                    own.write({"outcome": "answered", "talk_seconds": 5})
                    self.assertFalse(call.is_outside_hours)
                    own.action_undo_correction()
                    cause = ("busy", "rejected", "no_answer")[number]
                    phone = {"leg": f"{call.pbx_ref}-{number}", "extension": "998"}
                    ended = {"call": call.pbx_ref, "event": "ended", "cause": cause, "at": at}
                    self._send_events(phone | ended)
                    call.event_ids.action_replay()
                self.assertEqual((closed.is_outside_hours, opened.is_outside_hours), (True, False))
                self.assertEqual(closed.progress, "Outside working hours")

    def test_another_start_or_own_number_is_looked_up_again(self):
        call = self._miss("c1", f"{MONDAY}T22:00:00Z")
        call.with_user(self.admin).date_start = f"{MONDAY} 10:00:00"
        self.assertFalse(call.is_outside_hours)
        call.with_user(self.admin).action_undo_correction()
        self.assertTrue(call.is_outside_hours)
        other = self.env["call.line"].create({"name": "Open", "number": "+493023125611"})
        call.with_user(self.admin).line_id = other
        self.assertFalse(call.is_outside_hours)

    def test_an_own_number_without_working_hours_is_always_open(self):
        self.line.calendar_id = False
        self.assertFalse(self._miss("c1", f"{MONDAY}T22:00:00Z").is_outside_hours)

    # --- users -----------------------------------------------------------------------

    def test_a_missed_call_belongs_to_the_user_of_the_own_number(self):
        self.line.user_ids = self.dave
        call = self._miss("c1", f"{MONDAY}T10:00:00Z")
        self.assertEqual((call.user_id, call.department_id), (self.dave, self.sales))
        self.assertEqual(call.employee_id, self.dave.employee_ids)

    def test_an_answered_call_belongs_to_the_user_who_answered(self):
        self.line.user_ids = self.dave
        call = self._log_call(number=CALLER, extension="102")
        self.assertEqual(call.user_id, self.bob)

    def test_all_users_of_an_own_number_see_its_missed_calls(self):
        self.line.user_ids = self.alice | self.dave
        missed = self._miss("c1", f"{MONDAY}T10:00:00Z", extension="102")
        unassigned = self._miss("c2", f"{MONDAY}T11:00:00Z")
        answered = self._log_call("c3", CALLER, extension="102")
        self.assertEqual((missed.user_id, unassigned.user_id), (self.bob, self.env["res.users"]))
        for person in (self.alice, self.dave):
            seen = self.env["call.call"].with_user(person).search([])
            self.assertEqual(seen, missed | unassigned)
            self.assertTrue(missed.leg_ids.with_user(person).has_access("read"))
        self.assertIn(answered, self.env["call.call"].with_user(self.bob).search([]))
