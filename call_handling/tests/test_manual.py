from datetime import datetime, timedelta

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common import CallCommon

NUMBER = "+493023125610"
OTHER_NUMBER = "+493023125777"
NINE = datetime(2026, 11, 23, 9)


@tagged("post_install", "-at_install")
class TestByHand(CallCommon):
    """Calls that users log by hand, and their corrections of reported calls."""

    def _log_form(self, action):
        self.assertEqual((action["res_model"], action["target"]), ("call.call", "new"))
        calls = self.env["call.call"].with_user(self.alice).with_context(**action["context"])
        return Form(calls, view=action["views"][0][0])

    def _correct(self, call, user=None, **values):
        """Correct a call in the dialog that the button opens."""
        call = call.with_user(user or self.alice)
        action = call.action_correct()
        self.assertEqual((action["res_id"], action["target"]), (call.id, "new"))
        with Form(call, view=action["views"][0][0]) as form:
            for name, value in values.items():
                form[name] = value

    # --- logging ---------------------------------------------------------------------

    def test_a_call_is_logged_from_the_contact(self):
        contact = self._create_contact("Jane Roe", "030 23125 610")
        with self._log_form(contact.with_user(self.alice).action_log_call()) as form:
            form.talk_seconds = 180
            form.summary = "Asked for an offer."
        call = form.record
        self.assertRecordValues(
            call,
            [
                {
                    "direction": "outgoing",
                    "state": "ended",
                    "outcome": "answered",
                    "call_type": "outgoing",
                    "partner_id": contact.id,
                    "match": "manual",
                    "remote_number": NUMBER,
                    "user_id": self.alice.id,
                    "department_id": self.support.id,
                }
            ],
        )
        self.assertEqual(call.date_end - call.date_start, timedelta(minutes=3))

    def test_a_call_is_logged_in_the_app(self):
        contact = self._create_contact("Jane Roe", NUMBER)
        calls = self.env["call.call"].with_user(self.alice)
        with self._log_form(calls.action_log_call()) as form:
            form.partner_id = contact
            self.assertEqual(form.remote_number, NUMBER)
            form.direction = "incoming"
            form.outcome = "voicemail"
        self.assertEqual(form.record.call_type, "unanswered")
        self.assertEqual(form.record.talk_seconds, 0)

    def test_a_call_is_logged_with_what_it_was_about(self):
        contact = self._create_contact("Jane Roe", NUMBER)
        project = self.env["project.project"].create({"name": "Chairs"})
        task = self.env["project.task"].create({"name": "Offer", "project_id": project.id})
        category = self.env["call.category"].create({"name": "Sales question"})
        self.alice.group_ids += self.env.ref("project.group_project_user")
        with self._log_form(contact.with_user(self.alice).action_log_call()) as form:
            form.category_id = category
            form.project_id = project
            form.task_id = task
            form.new_note = "<p>Ten chairs</p>"
        call = form.record
        self.assertEqual(
            (call.category_id, call.project_id, call.task_id), (category, project, task)
        )
        self.assertRecordValues(
            call.note_ids, [{"body": "<p>Ten chairs</p>", "user_id": self.alice.id}]
        )
        self.assertEqual(call.action_open()["res_id"], call.id)

    def test_an_empty_note_is_not_logged(self):
        contact = self._create_contact("Jane Roe", NUMBER)
        with self._log_form(contact.with_user(self.alice).action_log_call()) as form:
            form.new_note = "<p><br></p>"
        self.assertFalse(form.record.note_ids)

    def test_a_call_without_a_number_is_not_logged(self):
        calls = self.env["call.call"].with_user(self.alice)
        form = self._log_form(calls.action_log_call())
        with self.assertRaisesRegex(AssertionError, "remote_number is a required field"):
            form.save()

    def test_a_typed_number_finds_the_contact(self):
        contact = self._create_contact("Jane Roe", NUMBER)
        calls = self.env["call.call"].with_user(self.alice)
        with self._log_form(calls.action_log_call()) as form:
            form.remote_number = "030 23125-610"
        call = form.record
        self.assertEqual(
            (call.remote_number, call.partner_id, call.match), (NUMBER, contact, "number")
        )

    def test_a_call_logged_by_hand_stays_consistent_when_edited(self):
        contact = self._create_contact("Jane Roe", OTHER_NUMBER)
        call = self.env["call.call"].with_user(self.alice).create({"remote_number": NUMBER})
        call.write({"date_start": NINE, "direction": "incoming", "talk_seconds": 90})
        call.remote_number = "030 23125 777"
        self.assertRecordValues(
            call,
            [
                {
                    "call_type": "incoming",
                    "date_answer": NINE,
                    "date_end": NINE + timedelta(seconds=90),
                    "remote_number": OTHER_NUMBER,
                    "partner_id": contact.id,
                    "reported_values": False,
                }
            ],
        )

    def test_users_cannot_create_calls_of_a_telephone_system(self):
        calls = self.env["call.call"].with_user(self.admin)
        with self.assertRaises(UserError):
            calls.create({"pbx_id": self.pbx.id, "pbx_ref": "invented"})
        manual_call = calls.create({"remote_number": NUMBER})
        with self.assertRaises(UserError):
            manual_call.pbx_id = self.pbx

    # --- correcting ------------------------------------------------------------------

    def test_a_correction_is_used_and_the_reported_value_still_shown(self):
        contact = self._create_contact("Jane Roe", OTHER_NUMBER)
        call = self._log_call(number=NUMBER)
        self._correct(call, remote_number="030 23125 777", talk_seconds=125)
        self.assertRecordValues(
            call,
            [{"remote_number": OTHER_NUMBER, "partner_id": contact.id, "talk_seconds": 125}],
        )
        self.assertEqual(call.date_end - call.date_answer, timedelta(seconds=125))
        self.assertIn("+49 30 23125610", call.reported_label)
        self.assertIn("1:00", call.reported_label)

    def test_a_second_correction_keeps_the_reported_value(self):
        call = self._log_call()
        self._correct(call, talk_seconds=125)
        self._correct(call, talk_seconds=65)
        self.assertEqual(call.talk_seconds, 65)
        self.assertEqual(call.reported_values["talk_seconds"], 60)

    def test_later_events_do_not_overwrite_a_correction(self):
        call = self._log_call()
        self._correct(call, talk_seconds=125)
        self._send_events({"call": "c1", "event": "ended", "at": "2026-11-23T10:00:35Z"})
        self.assertEqual(call.talk_seconds, 125)
        self.assertEqual(call.reported_values["talk_seconds"], 30)
        self.assertIn("0:30", call.reported_label)

    def test_a_call_corrected_to_missed_has_no_talk_time(self):
        call = self._log_call()
        self._correct(call, outcome="voicemail")
        self.assertRecordValues(
            call, [{"call_type": "unanswered", "talk_seconds": 0, "date_answer": False}]
        )
        self.assertIn("Answered", call.reported_label)

    def test_a_correction_is_undone(self):
        contact = self._create_contact("Jane Roe", OTHER_NUMBER)
        call = self._log_call(number=NUMBER)
        before = call.read()[0]
        self._correct(
            call, remote_number=OTHER_NUMBER, talk_seconds=125, date_start=NINE, outcome="busy"
        )
        self.assertEqual(call.partner_id, contact)
        call.with_user(self.alice).action_undo_correction()
        after = call.read()[0]
        self.assertFalse(call.reported_values)
        for name in before.keys() - {
            "write_date",
            "write_uid",
            "manual_fields",
            "has_pending_jobs",
        }:
            self.assertEqual(after[name], before[name], name)

    def test_only_the_person_of_the_call_and_administrators_can_correct_it(self):
        call = self._log_call()
        self._correct(call, self.admin, talk_seconds=61)
        for user in (self.lead, self.boss):
            with self.subTest(user.login), self.assertRaises(UserError):
                call.with_user(user).talk_seconds = 9999
        self.assertFalse(call.with_user(self.lead).can_correct)

    def test_a_running_call_cannot_be_corrected(self):
        self._send_events(
            {"call": "c1", "leg": "1", "event": "ringing", "from": NUMBER, "extension": "101"}
        )
        with self.assertRaises(UserError):
            self._call("c1").with_user(self.alice).remote_number = OTHER_NUMBER

    def test_other_reported_fields_cannot_be_changed(self):
        call = self._log_call()
        for user in (self.alice, self.admin):
            for values in (
                {"pbx_id": False},
                {"pbx_ref": "other"},
                {"state": "ringing"},
                {"wait_seconds": 1},
                {"line_number": OTHER_NUMBER},
            ):
                with self.subTest(user=user.login, values=values), self.assertRaises(UserError):
                    call.with_user(user).write(values)

    def test_writing_an_unchanged_value_is_no_correction(self):
        call = self._log_call()
        call.with_user(self.alice).write({"talk_seconds": 60, "summary": "Short."})
        self.assertFalse(call.reported_values)
        self.assertEqual(call.summary, "Short.")

    def test_internal_fields_cannot_be_written(self):
        call = self._log_call()
        for name, value in (
            ("manual_fields", []),
            ("rule_jobs", {"task": 1}),
            ("rule_values", {}),
            ("reported_values", {"talk_seconds": 1}),
            ("is_blocked", True),
            ("callback_id", False),
        ):
            for user in (self.alice, self.admin):
                with self.subTest(name), self.assertRaises(UserError):
                    call.with_user(user).write({name: value})
        with self.assertRaises(UserError):
            self.env["call.call"].with_user(self.alice).create({"rule_jobs": {"task": 1}})
