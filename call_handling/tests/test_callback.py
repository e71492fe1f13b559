from datetime import datetime, timedelta

from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import CallCommon

NUMBER = "+12025550142"
MOBILE = "+12025550177"
LINE = "+493023125610"
FIRST = datetime(2026, 11, 23, 10, 0)


@tagged("post_install", "-at_install")
class TestCallback(CallCommon):
    """A missed call opens one callback per number, until somebody has spoken with the number."""

    def _at(self, minutes):
        return f"{(FIRST + timedelta(minutes=minutes)).isoformat()}Z"

    def _miss(self, ref, minutes=0, number=NUMBER, **values):
        at = {"at": self._at(minutes)}
        phone = {"leg": f"{ref}-101", "extension": "101"}
        self._send_events(
            {"call": ref, "event": "ringing", "direction": "incoming", "from": number, "to": LINE}
            | phone | at | values,
            {"call": ref, "event": "ended", "cause": "no_answer"} | at,
        )  # fmt: skip
        return self._call(ref)

    def _speak(self, ref, minutes, number=NUMBER, direction="outgoing"):
        ends = {"from": "102", "to": number} if direction == "outgoing" else {"from": number}
        phone = {"leg": ref, "extension": "102"}
        at = {"at": self._at(minutes)}
        about = {"call": ref, "direction": direction} | ends | phone | at
        self._send_events(about | {"event": "ringing"})
        self._send_events({"call": ref, "event": "answered"} | phone | at)
        return self._call(ref)

    def _open(self):
        return self.env["call.callback"].search([("state", "=", "open")])

    # --- opening ---------------------------------------------------------------------

    def test_a_missed_call_opens_a_callback_and_further_ones_are_added(self):
        first, second = self._miss("c1"), self._miss("c2", 30)
        self._miss("other", number="+12025550143")
        callback = first.callback_id
        self.assertEqual(callback, second.callback_id)
        self.assertRecordValues(
            callback,
            [
                {
                    "number": NUMBER,
                    "missed_count": 2,
                    "date_first": FIRST,
                    "date_last": FIRST + timedelta(minutes=30),
                    "state": "open",
                }
            ],
        )
        self.assertEqual(len(self._open()), 2)

    def test_the_oldest_callback_is_first(self):
        later = self._miss("c2", 30, "+12025550143").callback_id
        first = self._miss("c1").callback_id
        self.assertEqual(self._open().ids, [first.id, later.id])

    def test_answered_withheld_internal_and_outgoing_calls_open_no_callback(self):
        self._log_call("answered", NUMBER)
        self._miss("withheld", number="anonymous")
        self._miss("internal", number="104")
        self._send_events(
            {"call": "out", "leg": "out", "event": "ringing", "direction": "outgoing",
             "from": "101", "to": NUMBER, "extension": "101"},
            {"call": "out", "event": "ended", "cause": "no_answer"},
        )  # fmt: skip
        self.assertFalse(self._open())

    def test_a_voicemail_opens_a_callback_too(self):
        self._send_events(
            {"call": "c1", "event": "ringing", "direction": "incoming", "from": NUMBER},
            {"call": "c1", "event": "voicemail"},
            {"call": "c1", "event": "ended"},
        )
        self.assertEqual(self._call("c1").outcome, "voicemail")
        self.assertEqual(self._open().number, NUMBER)

    # --- closed automatically --------------------------------------------------------

    def test_a_callback_is_closed_when_somebody_calls_back(self):
        callback = self._miss("c1").callback_id
        out = self._speak("out", 45)
        self.assertRecordValues(
            callback,
            [
                {
                    "state": "done",
                    "done_call_id": out.id,
                    "done_user_id": self.bob.id,
                    "wait_seconds": 45 * 60,
                }
            ],
        )

    def test_a_callback_is_closed_when_the_number_calls_again_and_is_answered(self):
        callback = self._miss("c1").callback_id
        self._speak("in", 10, direction="incoming")
        self.assertEqual(callback.state, "done")

    def test_a_callback_is_closed_as_soon_as_the_call_is_answered(self):
        callback = self._miss("c1").callback_id
        self.assertEqual(self._speak("out", 5).state, "ongoing")
        self.assertEqual(callback.state, "done")

    def test_an_outgoing_call_that_is_not_answered_leaves_the_callback_open(self):
        callback = self._miss("c1").callback_id
        self._send_events(
            {"call": "out", "leg": "out", "event": "ringing", "direction": "outgoing",
             "from": "101", "to": NUMBER, "extension": "101", "at": self._at(5)},
            {"call": "out", "event": "ended", "cause": "busy", "at": self._at(6)},
        )  # fmt: skip
        self.assertEqual(callback.state, "open")

    def test_a_missed_call_after_a_callback_opens_a_new_one(self):
        first = self._miss("c1").callback_id
        self._speak("out", 10)
        second = self._miss("c2", 20).callback_id
        self.assertEqual((first.state, second.state), ("done", "open"))
        self.assertNotEqual(first, second)

    def test_a_call_logged_by_hand_closes_the_callback_too(self):
        callback = self._miss("c1").callback_id
        self.env["call.call"].with_user(self.bob).create(
            {"remote_number": NUMBER, "direction": "outgoing", "outcome": "answered"}
        )
        self.assertEqual(callback.state, "done")

    # --- by contact ------------------------------------------------------------------

    def _create_jane(self, **values):
        jane = self._create_contact("Jane Roe", NUMBER, **values)
        self.env["call.number"].create({"partner_id": jane.id, "number": MOBILE, "name": "mobile"})
        return jane

    def test_a_callback_is_closed_when_the_contact_is_reached_at_another_number(self):
        self._create_jane()
        callback = self._miss("c1").callback_id
        out = self._speak("out", 45, MOBILE)
        self.assertRecordValues(callback, [{"state": "done", "done_call_id": out.id}])
        self.assertFalse(self._miss("late", 30).callback_id)
        self.assertEqual(self._miss("later", 50).callback_id.state, "open")

    def test_callbacks_of_all_numbers_of_the_contact_are_closed(self):
        self._create_jane()
        callbacks = self._miss("c1").callback_id + self._miss("c2", 1, MOBILE).callback_id
        self._speak("in", 10, MOBILE, direction="incoming")
        self.assertEqual(callbacks.mapped("state"), ["done", "done"])

    def test_a_company_is_reached_only_at_the_number_that_called(self):
        self._create_jane(is_company=True)
        callback = self._miss("c1").callback_id
        self._speak("out", 10, MOBILE)
        self.assertEqual(callback.state, "open")
        self._speak("out 2", 20)
        self.assertEqual(callback.state, "done")

    def test_a_contact_that_is_not_certain_closes_no_callback_of_another_number(self):
        company = self._create_contact("Acme", is_company=False)
        self.env["call.number"].create(
            [
                {"partner_id": company.id, "number": "+1202555014", "is_block": True},
                {"partner_id": company.id, "number": MOBILE},
            ]
        )
        callback = self._miss("c1").callback_id
        self.assertEqual((callback.partner_id, callback.call_ids.match), (company, "company_block"))
        self._speak("out", 10, MOBILE)
        self.assertEqual(callback.state, "open")

    def test_two_contacts_with_one_number_close_no_callback_of_another_number(self):
        self._create_jane()
        self._create_contact("Jo Roe", MOBILE)
        callback = self._miss("c1").callback_id
        self.assertEqual(self._speak("out", 10, MOBILE).match, "ambiguous")
        self.assertEqual(callback.state, "open")

    def test_a_setting_limits_it_to_the_number(self):
        self._create_jane()
        self.env["res.config.settings"].create({"call_callback_same_number": True}).execute()
        callback = self._miss("c1").callback_id
        self._speak("out", 10, MOBILE)
        self.assertEqual(callback.state, "open")
        self._speak("out 2", 20)
        self.assertEqual(callback.state, "done")

    def test_a_contact_that_becomes_known_later_closes_its_callbacks(self):
        callback = self._miss("c1").callback_id
        out = self._speak("out", 10, MOBILE)
        self.assertEqual(callback.state, "open")
        self._create_jane()
        self.assertRecordValues(callback, [{"state": "done", "done_call_id": out.id}])

    def test_correcting_the_contact_opens_and_closes_callbacks(self):
        jane, john = self._create_jane(), self._create_contact("John Doe")
        callback = self._miss("c1").callback_id
        out = self._speak("out", 10, MOBILE)
        out.with_user(self.bob).partner_id = john
        self.assertEqual(self._open().call_ids, self._call("c1"))
        out.with_user(self.bob).partner_id = jane
        self.assertFalse(self._open())
        missed = self._call("c1")
        missed.with_user(self.alice).partner_id = john
        self.assertEqual(self._open().call_ids, missed)
        out.with_user(self.bob).partner_id = john
        self.assertFalse(self._open())
        self.assertEqual(missed.callback_id.done_call_id, out)
        self.assertFalse(callback.exists() - missed.callback_id)

    def test_correcting_the_contact_opens_nothing_that_was_closed_by_hand(self):
        self._create_jane()
        callback = self._miss("c1").callback_id
        callback._drop("Answered by e-mail")
        self._call("c1").with_user(self.alice).partner_id = self._create_contact("John Doe")
        self.assertEqual(callback.state, "dropped")
        self.assertFalse(self._open())

    def test_a_private_conversation_keeps_closed_what_it_has_closed(self):
        self._create_jane()
        callback = self._miss("c1").callback_id
        out = self._speak("out", 10, MOBILE)
        self._send_events({"call": "out", "event": "ended", "at": self._at(11)})
        self.company.call_private_hours = 1e6
        self._make_private(out.with_user(self.bob))
        self._call("c1").with_user(self.alice).partner_id = self._create_contact("John Doe")
        self.assertEqual(callback.state, "done")

    # --- withheld --------------------------------------------------------------------

    def test_a_withheld_number_never_waits_in_any_spelling(self):
        for place, number in enumerate(
            ("anonymous@anonymous.invalid", "0000000000", "PRIVATE NUMBER", "Unknown Number", "P",
             "Unbekannt", "Privé", "-1", "unavailable")
        ):  # fmt: skip
            with self.subTest(number):
                call = self._miss(f"c{place}", number=number)
                self.assertTrue(call.is_anonymous)
                self.assertFalse(call.callback_id)
        calls = self.env["call.call"].with_user(self.bob)
        logged = calls.create(
            {"remote_number": "Withheld", "direction": "incoming", "outcome": "no_answer"}
        )
        self.assertTrue(logged.is_anonymous)
        self.assertFalse(self._open())

    # --- order of the events ---------------------------------------------------------

    def test_a_missed_call_reported_late_opens_no_callback_if_answered_since(self):
        self._speak("out", 10)
        self.assertFalse(self._miss("c1").callback_id)
        self.assertFalse(self._open())

    def test_a_conversation_reported_late_keeps_later_missed_calls_open(self):
        first, second = self._miss("c1"), self._miss("c2", 20)
        self._speak("out", 10)
        self.assertFalse(first.callback_id)
        self.assertEqual(second.callback_id.missed_count, 1)
        self.assertEqual(self._open(), second.callback_id)

    def test_an_answer_reported_late_removes_the_callback(self):
        call = self._miss("c1")
        self._send_events(
            {"call": "c1", "leg": "c1-101", "event": "answered", "extension": "101",
             "at": self._at(0)}
        )  # fmt: skip
        self.assertEqual(call.outcome, "answered")
        self.assertFalse(self._open())

    def test_repeated_events_change_nothing(self):
        self._miss("c1")
        self._speak("out", 10)
        before = self.env["call.callback"].search([]).read()
        self._miss("c1")
        self._speak("out", 10)
        self.assertEqual(self.env["call.callback"].search([]).read(), before)

    # --- assigned users and due date -------------------------------------------------

    def test_a_callback_is_assigned_to_the_users_of_the_own_number(self):
        self.env["call.line"].create(
            {"name": "L", "number": LINE, "user_ids": (self.bob | self.dave).ids}
        )
        callback = self._miss("c1").callback_id
        self.assertEqual(callback.user_ids, self.bob | self.dave)
        for person in (self.bob, self.dave):
            self.assertIn(callback, self.env["call.callback"].with_user(person).search([]))

    def test_a_callback_is_assigned_to_the_salesperson_of_the_contact(self):
        self._create_contact("Jane Roe", NUMBER, user_id=self.dave.id)
        self.assertEqual(self._miss("c1").callback_id.user_ids, self.dave)

    def test_the_salesperson_is_preferred_among_the_users_of_the_own_number(self):
        self._create_contact("Jane Roe", NUMBER, user_id=self.dave.id)
        line = self.env["call.line"].create(
            {"name": "L", "number": LINE, "user_ids": (self.bob | self.dave).ids}
        )
        self.assertEqual(self._miss("c1").callback_id.user_ids, self.dave)
        line.user_ids = self.bob
        self._create_contact("Jo Roe", "+12025550143", user_id=self.dave.id)
        self.assertEqual(self._miss("c2", 1, "+12025550143").callback_id.user_ids, self.bob)

    def test_otherwise_a_callback_is_assigned_to_the_user_whose_phone_rang(self):
        self.assertEqual(self._miss("c1").callback_id.user_ids, self.alice)

    def test_a_callback_of_a_ring_group_is_assigned_to_all_its_users(self):
        ring = {"call": "g", "event": "ringing", "direction": "incoming", "from": NUMBER}
        ring |= {"at": self._at(0)}
        self._send_events(
            ring | {"leg": "1", "extension": "101"},
            ring | {"leg": "2", "extension": "102"},
            {"call": "g", "event": "ended", "cause": "cancelled", "at": self._at(1)},
        )
        self.assertEqual(self._open().user_ids, self.alice | self.bob)

    def test_the_due_date_follows_the_working_hours_of_the_own_number(self):
        calendar = self.env["resource.calendar"].create(
            {
                "name": "Hotline",
                "tz": "UTC",
                "company_id": self.company.id,
                "attendance_ids": [Command.clear()]
                + [
                    Command.create({"name": "D", "dayofweek": d, "hour_from": 9, "hour_to": 17})
                    for d in "01234"
                ],
            }
        )
        self.env["call.line"].create({"name": "L", "number": LINE, "calendar_id": calendar.id})
        self.company.call_callback_hours = 2
        self.assertEqual(self._miss("c1").callback_id.date_due, datetime(2026, 11, 23, 12, 0))
        evening = self._miss("c2", 6 * 60, "+12025550143").callback_id
        self.assertEqual(evening.date_due, datetime(2026, 11, 24, 10, 0))
        saturday = self._miss("c3", -2 * 24 * 60, "+12025550144").callback_id
        self.assertEqual(saturday.date_due, datetime(2026, 11, 23, 11, 0))

    def test_a_contact_found_later_is_shown_on_the_callback(self):
        callback = self._miss("c1").callback_id
        self.assertEqual(callback.remote_label, "+1 202-555-0142")
        contact = self._create_contact("Jane Roe", NUMBER)
        self.assertEqual((callback.partner_id, callback.remote_label), (contact, "Jane Roe"))

    # --- by hand ---------------------------------------------------------------------

    def test_a_callback_is_closed_by_hand_with_a_reason(self):
        callback = self._miss("c1").callback_id.with_user(self.alice)
        action = callback.action_close()
        wizard = self.env["call.callback.close"].with_user(self.alice)
        form = Form(wizard.with_context(**action["context"]))
        form.reason = "Answered by e-mail"
        form.save().action_close()
        self.assertRecordValues(
            callback,
            [
                {
                    "state": "dropped",
                    "reason": "Answered by e-mail",
                    "done_user_id": self.alice.id,
                    "wait_seconds": 0,
                }
            ],
        )
        callback.action_reopen()
        self.assertRecordValues(callback, [{"state": "open", "reason": False}])

    def test_a_reason_is_required(self):
        callback = self._miss("c1").callback_id.with_user(self.alice)
        wizard = self.env["call.callback.close"].with_user(self.alice)
        form = Form(wizard.with_context(**callback.action_close()["context"]))
        with self.assertRaises(AssertionError):
            form.save()

    def test_a_callback_cannot_be_reopened_while_a_new_one_is_open(self):
        callback = self._miss("c1").callback_id.with_user(self.alice)
        callback._drop("A reason")
        self._miss("c2", 5)
        with self.assertRaises(UserError):
            callback.action_reopen()

    def test_a_user_can_take_a_visible_callback(self):
        line = self.env["call.line"].create(
            {"name": "L", "number": LINE, "user_ids": (self.bob | self.dave).ids}
        )
        callback = self._miss("c1").callback_id
        callback.with_user(self.bob).action_take()
        self.assertEqual(callback.user_ids, self.bob)
        self.assertEqual(callback.line_id, line)

    def test_whoever_took_a_callback_keeps_it_when_the_number_calls_again(self):
        callback = self._log_call(answered=False).callback_id
        callback.with_user(self.alice).action_take()
        self._log_call("c2", answered=False, extension="102")
        self.assertEqual((callback.missed_count, callback.user_ids), (2, self.alice))

    def test_calls_can_be_searched_by_open_callback(self):
        missed = self._miss("c1")
        answered = self._log_call("c2", "+12025550143")
        calls = self.env["call.call"].with_user(self.boss)
        self.assertEqual(calls.search([("to_call_back", "=", True)]), missed)
        self.assertEqual(calls.search([("to_call_back", "=", False)]), answered)

    def test_a_callback_is_deleted_with_its_calls(self):
        call = self._miss("c1")
        callback = call.callback_id
        call.unlink()
        self.assertFalse(callback.exists())

    # --- working on them -------------------------------------------------------------

    def test_attempts_to_call_back_are_shown_with_their_outcome(self):
        callback = self._miss("c1").callback_id
        self.assertFalse(callback.attempts)
        self._send_events(
            {"call": "out", "event": "ringing", "direction": "outgoing", "from": "102"}
            | {"to": NUMBER, "leg": "out", "extension": "102", "at": self._at(20)},
            {"call": "out", "event": "ended", "cause": "busy", "at": self._at(21)},
        )
        callback.invalidate_recordset()
        self.assertEqual(callback.attempt_ids, self._call("out"))
        self.assertRegex(callback.attempts, r"^1 × \(Busy, .*10:20")
        self._speak("later", 40)
        self.assertEqual(callback.state, "done")
        self.assertEqual(callback.attempt_ids, self._call("out"))

    def test_a_callback_says_whether_it_is_mine_and_when_to_try_again(self):
        callback = self._miss("c1").callback_id.with_user(self.lead)
        self.assertFalse(callback.is_mine)
        callback.action_take()
        self.assertTrue(callback.is_mine)
        self.assertTrue(callback.is_late)
        with Form(callback) as form:
            form.date_next = datetime(2100, 1, 1, 9)
        self.assertFalse(callback.is_late)
