from datetime import datetime, timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from .common import CallCommon

NUMBER = "+12025550142"
SOON = "2026-11-23 11:00:00"  # an hour after the calls


@tagged("post_install", "-at_install")
@freeze_time(SOON)
class TestPermission(CallCommon):
    """Who may make a call private, correct it or assign it follows from what was reported, not
    from what people write."""

    def _ring_two(self, ref="c1"):
        """Log a call that rang at Alice's and Bob's phones, and that Bob has answered."""
        phones = [{"leg": f"{ref}-{number}", "extension": number} for number in ("101", "102")]
        ringing = [
            {"call": ref, "event": "ringing", "direction": "incoming", "from": NUMBER,
             "to": "+493023125610", "at": "2026-11-23T10:00:00Z"} | phone for phone in phones
        ]  # fmt: skip
        answered = {"call": ref, "event": "answered", "at": "2026-11-23T10:00:05Z"} | phones[1]
        ended = {"call": ref, "event": "ended", "cause": "normal", "at": "2026-11-23T10:01:05Z"}
        self._send_events(*ringing, answered, ended)
        return self._call(ref)

    def _assert_not_private(self, call, user):
        call = call.with_user(user)
        self.assertFalse(call.can_make_private)
        with self.assertRaises(UserError):
            call.action_make_private()
        self.assertFalse(call.is_private)

    # --- private ---------------------------------------------------------------------

    def test_whoever_only_heard_it_ring_cannot_take_the_call_and_make_it_private(self):
        call = self._ring_two()
        self.assertEqual((call.user_id, call.reported_user_id), (self.bob, self.bob))
        with self.assertRaises(UserError):
            call.with_user(self.alice).user_id = self.alice
        with self.assertRaises(UserError):
            call.with_user(self.alice).employee_id = self.alice.employee_id
        with self.assertRaises(UserError):
            call.with_user(self.alice).department_id = self.sales
        with self.assertRaises(AccessError):
            call.with_user(self.alice).reported_user_id = self.alice
        self._assert_not_private(call, self.alice)

    def test_whoever_the_call_was_assigned_to_by_hand_cannot_make_it_private(self):
        call = self._ring_two()
        for user in (self.lead, self.alice):
            call.with_user(self.lead).user_id = user
            self._assert_not_private(call, user)
        self.assertTrue(call.with_user(self.bob).can_make_private)

    def test_a_call_made_private_is_its_persons_alone_whoever_it_was_assigned_to(self):
        call = self._ring_two()
        call.with_user(self.lead).user_id = self.alice
        self._make_private(call.with_user(self.bob))
        self.assertTrue(call.is_private)
        self.assertTrue(call.with_user(self.bob).has_access("read"))
        for user in (self.alice, self.lead, self.boss, self.admin):
            self.assertFalse(call.with_user(user).has_access("read"))

    def test_a_call_that_becomes_private_by_itself_goes_back_to_its_person(self):
        self.pbx.private_prefix = "*7"
        outgoing = {"call": "c1", "leg": "c1-102", "extension": "102", "direction": "outgoing"}
        at = "2026-11-23T10:00:00Z"
        self._send_events(outgoing | {"event": "ringing", "to": NUMBER, "at": at})
        call = self._call("c1")
        call.with_user(self.lead).user_id = self.lead
        self._create_contact("Mum", NUMBER, calls_are_private=True)
        end = {"call": "c1", "event": "ended", "cause": "normal", "at": "2026-11-23T10:01:05Z"}
        self._send_events(end)
        self.assertTrue(call.is_private)
        self.assertEqual(call.user_id, self.bob)

    def test_a_later_start_does_not_make_an_old_call_a_recent_one(self):
        call = self._ring_two()
        with freeze_time("2026-12-03 10:00:00"):
            own = call.with_user(self.bob)
            own.date_start = fields.Datetime.now()
            self._assert_not_private(call, self.bob)
            with self.assertRaises(AccessError):
                own.date_end = fields.Datetime.now()
            own.action_undo_correction()
            self._assert_not_private(call, self.bob)

    def test_a_call_logged_by_hand_is_whose_who_has_logged_it_for_a_time(self):
        calls = self.env["call.call"].with_user(self.lead)
        call = calls.create({"remote_number": NUMBER, "user_id": self.bob.id})
        self._assert_not_private(call, self.bob)
        self.assertTrue(call.with_user(self.lead).can_make_private)
        # create_date is the time of the transaction
        moment = call.create_date + timedelta(hours=25)
        with freeze_time(moment):
            call.with_user(self.lead).date_start = fields.Datetime.now()
            self._assert_not_private(call, self.lead)
        with freeze_time(call.create_date + timedelta(hours=1)):
            self._make_private(call.with_user(self.lead))
        self.assertFalse(call.with_user(self.bob).has_access("read"))

    def test_of_a_missed_call_it_is_the_only_phone_or_the_only_person_of_the_number(self):
        only_phone = self._log_call("c1", answered=False)
        self.assertTrue(only_phone.with_user(self.alice).can_make_private)
        self.env["call.line"].create(
            {"name": "Bob's", "number": "+493023125611", "user_ids": [(4, self.bob.id)]}
        )
        at = "2026-11-23T10:00:00Z"
        call = {"call": "c2", "direction": "incoming", "from": NUMBER, "to": "+493023125611"}
        ended = {"call": "c2", "event": "ended", "cause": "cancelled"}
        self._send_events(call | {"event": "ringing", "at": at}, ended | {"at": at})
        self.assertEqual(self._call("c2").reported_user_id, self.bob)

    def test_the_person_who_has_been_reported_is_known_when_it_was_assigned_before(self):
        self._send_events(
            {"call": "c1", "event": "ringing", "direction": "incoming", "from": NUMBER,
             "to": "+493023125610", "at": "2026-11-23T10:00:00Z"}
        )  # fmt: skip
        call = self._call("c1")
        call.with_user(self.boss).user_id = self.bob
        self.assertFalse(call.reported_user_id)
        self._ring_two()
        self.assertEqual(call.reported_user_id, self.bob)

    # --- correcting ------------------------------------------------------------------

    def test_only_the_reported_person_and_administrators_correct_a_call(self):
        call = self._ring_two()
        call.with_user(self.lead).user_id = self.alice
        for user in (self.alice, self.lead, self.boss):
            with self.subTest(user.login):
                self.assertFalse(call.with_user(user).can_correct)
                with self.assertRaises(UserError):
                    call.with_user(user).talk_seconds = 5
        for user in (self.bob, self.admin):
            with self.subTest(user.login):
                call.with_user(user).talk_seconds += 5
        self.assertEqual(call.talk_seconds, 70)

    def test_a_call_logged_by_hand_is_changed_by_who_has_logged_it(self):
        call = self.env["call.call"].with_user(self.bob).create({"remote_number": NUMBER})
        for user in (self.lead, self.boss):
            with self.subTest(user.login), self.assertRaisesRegex(UserError, "bob"):
                call.with_user(user).remote_number = "+12025550199"
        call.with_user(self.boss).summary = "What it was about is for everybody to write."
        for user, seconds in ((self.bob, 10), (self.admin, 20)):
            with Form(call.with_user(user)) as form:
                form.talk_seconds = seconds
        self.assertEqual(call.talk_seconds, 20)

    # --- assigning -------------------------------------------------------------------

    def test_who_spoke_and_leads_assign_a_call_and_anybody_a_missed_one(self):
        call = self._ring_two()
        with Form(call.with_user(self.bob)) as form:
            form.user_id = self.alice
        with Form(call.with_user(self.lead)) as form:
            form.user_id = self.bob
        with Form(call.with_user(self.alice)) as form, self.assertRaises(AssertionError):
            form.user_id = self.alice
        call.with_user(self.alice).write({"user_id": self.bob.id, "summary": "Same person."})
        missed = self._log_call("c2", number="+12025550188", answered=False)
        missed.callback_id.user_ids = self.bob
        missed.with_user(self.bob).user_id = self.bob
        self.assertEqual(missed.user_id, self.bob)
        self.assertFalse(missed.with_user(self.bob).can_make_private)

    def test_a_meeting_is_linked_with_a_call_that_its_user_may_edit_only(self):
        call = self._log_call("c1", extension="104")
        meetings = self.env["calendar.event"].with_user(self.alice)
        values = {
            "name": "M",
            "start": datetime(2026, 11, 24, 9),
            "stop": datetime(2026, 11, 24, 10),
        }
        with self.assertRaises(AccessError):
            meetings.with_context(call_handling_call_id=call.id).create(values)
        self.assertFalse(call.meeting_id)
