from datetime import datetime

from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, tagged

from odoo.addons.base.tests.common import DISABLED_MAIL_CONTEXT

from .common import CallCommon

NUMBER = "+493023125610"
WITH_CHATTER = dict.fromkeys(DISABLED_MAIL_CONTEXT, False)


@tagged("post_install", "-at_install")
class TestCall(CallCommon):
    """Searching, showing and editing calls."""

    # --- searching -------------------------------------------------------------------

    def test_a_number_is_found_in_any_format_and_in_part(self):
        call = self._log_call(number=NUMBER)
        self._log_call("c2", "+12025550142")
        for typed in (
            "+493023125610", "+49 30 23125-610", "030 23125610", "(030) 23125 610",
            "0049 30 23125610", "493023125610", "23125610", "03023125", "+49 30 231", "0049302",
        ):  # fmt: skip
            with self.subTest(typed):
                found = self.env["call.call"].search([("number_search", "ilike", typed)])
                self.assertEqual(found, call)

    def test_an_extension_is_found(self):
        self._send_events(
            {"call": "i1", "leg": "i1", "event": "ringing", "direction": "internal",
             "from": "101", "to": "104", "extension": "101"},
        )  # fmt: skip
        found = self.env["call.call"].search([("number_search", "ilike", "104")])
        self.assertEqual(found, self._call("i1"))

    def test_a_call_is_found_by_the_name_of_the_contact(self):
        self._create_contact("Zaphod Beeblebrox", NUMBER)
        call = self._log_call(number=NUMBER)
        self.assertEqual(self.env["call.call"].name_search("zaphod")[0][0], call.id)
        self.assertEqual(self.env["call.call"].name_search("030 23125610")[0][0], call.id)

    def test_the_search_filters_find_the_right_calls(self):
        missed = self._log_call("missed", NUMBER, answered=False)
        self._log_call("answered", "+12025550142")
        contact = self._create_contact("Jane Roe", NUMBER)
        calls = self.env["call.call"].with_user(self.boss)
        view = self.env["call.call"].get_view(
            self.env.ref("call_handling.call_call_view_search").id, "search"
        )
        self.assertIn("to_call_back", view["arch"])
        self.assertEqual(calls.search([("call_type", "=", "unanswered")]), missed)
        self.assertEqual(calls.search([("partner_id", "child_of", contact.id)]), missed)
        self.assertEqual(calls.search([("partner_id", "=", False)]), self._call("answered"))

    def test_a_missed_call_needs_a_callback_until_somebody_speaks_with_the_number(self):
        def to_call_back(value=True):
            return self.env["call.call"].search([("to_call_back", "=", value)])

        missed = self._log_call("c1", NUMBER, answered=False)
        self.assertEqual(to_call_back(), missed)
        again = self._log_call("c2", NUMBER, answered=False, at="2026-11-23T11:00:00Z")
        self.assertEqual(to_call_back(), missed | again)
        self._send_events(
            {"call": "out", "leg": "out", "event": "ringing", "direction": "outgoing",
             "from": "101", "to": NUMBER, "extension": "101", "at": "2026-11-23T12:00:00Z"},
        )  # fmt: skip
        self.assertEqual(to_call_back(), missed | again)
        self._send_events(
            {"call": "out", "leg": "out", "event": "answered", "at": "2026-11-23T12:00:09Z"}
        )
        self.assertFalse(to_call_back())
        self.assertEqual(to_call_back(False), missed | again | self._call("out"))

    def test_a_withheld_number_cannot_be_called_back(self):
        self._log_call(number="anonymous", answered=False)
        self.assertFalse(self.env["call.call"].search([("to_call_back", "=", True)]))

    def test_the_board_shows_all_states_even_empty_ones(self):
        calls = self.env["call.call"].with_context(read_group_expand=True)
        board = calls.web_read_group([], ["state"], ["__count"])
        states = [group["state"] for group in board["groups"]]
        self.assertEqual(states, ["ringing", "ongoing", "ended"])

    # --- what is shown ---------------------------------------------------------------

    def test_the_caller_is_shown_by_the_best_known_name(self):
        call = self._log_call(number=NUMBER)
        self.assertEqual(call.remote_label, "+49 30 23125610")
        named = self._log_call("c2", NUMBER, from_name="J. Roe")
        self.assertEqual(named.remote_label, "J. Roe")
        self._create_contact("Jane Roe", NUMBER)
        self.assertEqual((call | named).mapped("remote_label"), ["Jane Roe"] * 2)
        self._send_events({"call": "c3", "event": "ringing"})
        self.assertEqual(self._call("c3").remote_label, "Unknown")

    # --- by hand ---------------------------------------------------------------------

    def test_users_add_a_summary_and_notes_to_their_calls(self):
        project = self.env["project.project"].create(
            {"name": "Help", "company_id": self.company.id, "privacy_visibility": "employees"}
        )
        call = self._log_call().with_user(self.alice)
        with Form(call) as form:
            form.summary = "Wants an offer."
            form.category_id = self.env.ref("call_handling.call_category_sales")
            form.project_id = project
            with form.note_ids.new() as note:
                note.body = "<p>Likes blue.</p>"
        self.assertEqual(call.note_ids.user_id, self.alice)
        call.message_post(body="See the attached plan.")
        call.activity_schedule("mail.mail_activity_data_call", user_id=self.alice.id)
        self.assertTrue(call.activity_ids)

    def test_changing_the_project_removes_a_task_of_the_old_one(self):
        first, second = self.env["project.project"].create([{"name": "A"}, {"name": "B"}])
        task = self.env["project.task"].create({"name": "T", "project_id": first.id})
        call = self._log_call()
        call.write({"project_id": first.id, "task_id": task.id})
        self.assertEqual(call.task_id, task)
        call.project_id = second
        self.assertFalse(call.task_id)

    def test_the_chatter_tracks_changes_by_users_but_not_by_events(self):
        pbx = self.pbx.with_context(**WITH_CHATTER)
        ringing = {"call": "c1", "event": "ringing", "from": NUMBER, "leg": "1", "extension": "101"}
        self._send_events(ringing, pbx=pbx)
        self._create_contact("Richard Roe", NUMBER)
        self._send_events({"call": "c1", "event": "ended"}, pbx=pbx)
        self.env.flush_all()
        self.cr.precommit.run()
        call = self._call("c1", pbx=pbx).with_context(**pbx.env.context)
        self.assertFalse(call.message_ids)
        self.assertFalse(call.message_follower_ids)
        call.with_user(self.alice).partner_id = self._create_contact("Jane Roe")
        self.env.flush_all()
        self.cr.precommit.run()
        changes = call.message_ids.sudo().tracking_value_ids
        self.assertEqual(changes.mapped("new_value_char"), ["Jane Roe"])

    # --- notes -----------------------------------------------------------------------

    def test_a_note_has_its_real_author_and_time(self):
        call = self._log_call()
        values = {"call_id": call.id, "body": "<p>Hello</p>"}
        notes = self.env["call.note"].with_user(self.alice)
        for invented in ({"user_id": self.bob.id}, {"date": datetime(2020, 1, 1)}):
            with self.assertRaises(AccessError):
                notes.create(values | invented)
        note = notes.create(values)
        self.assertEqual(note.user_id, self.alice)
        self.assertGreater(note.date, datetime(2026, 1, 1))

    def test_a_note_starts_with_the_template_of_the_category_or_its_parent(self):
        support = self.env.ref("call_handling.call_category_support")
        printer = self.env["call.category"].create({"name": "Printer", "parent_id": support.id})
        call = self._log_call().with_user(self.alice)
        call.category_id = printer
        self.assertFalse(call.has_note_template)
        with self.assertRaises(UserError):
            call.action_add_template_note()
        support.note_template = "<p>Since when?</p>"
        self.env.invalidate_all()
        self.assertTrue(call.has_note_template)
        call.action_add_template_note()
        self.assertEqual(
            (call.note_ids.body, call.note_ids.user_id), (support.note_template, self.alice)
        )
        printer.note_template = "<p>Which printer?</p>"
        call.action_add_template_note()
        self.assertIn(printer.note_template, call.note_ids.mapped("body"))

    def test_activities_of_calls_are_shown_on_the_contact_and_its_company(self):
        company = self._create_contact("Roe GmbH", is_company=True)
        contact = self._create_contact("Jane Roe", NUMBER, parent_id=company.id)
        call = self._log_call(number=NUMBER)
        for kind in ("call_handling.mail_activity_type_call_back", "mail.mail_activity_data_todo"):
            call.with_user(self.alice).activity_schedule(kind, user_id=self.alice.id)
        activities = call.activity_ids
        self.assertEqual(len(activities), 2)
        self.assertEqual(contact.with_user(self.alice).call_activity_ids, activities)
        self.assertEqual(company.with_user(self.alice).call_activity_ids, activities)
        self.assertFalse(contact.with_user(self.dave).call_activity_ids)

    def test_many_calls_are_edited_at_once(self):
        calls = self._log_call("c1") | self._log_call("c2") | self._log_call("c3")
        project = self.env["project.project"].create(
            {"name": "Help", "company_id": self.company.id, "privacy_visibility": "employees"}
        )
        task = self.env["project.task"].create({"name": "T", "project_id": project.id})
        contact = self._create_contact("Jane Roe")
        values = {
            "category_id": self.env.ref("call_handling.call_category_sales").id,
            "department_id": self.sales.id,
            "project_id": project.id,
            "task_id": task.id,
            "partner_id": contact.id,
            "user_id": self.dave.id,
        }
        calls.with_user(self.boss).write(values)
        self.assertRecordValues(calls, [values | {"match": "manual"}] * 3)

    # --- categories ------------------------------------------------------------------

    def test_categories_are_a_tree(self):
        support = self.env.ref("call_handling.call_category_support")
        printer = self.env["call.category"].create({"name": "Printer", "parent_id": support.id})
        self.assertEqual(printer.complete_name, "Support / Printer")
        with self.assertRaises(UserError):
            support.parent_id = printer

    # --- timesheets ------------------------------------------------------------------

    def test_time_is_entered_on_the_call(self):
        project = self.env["project.project"].create(
            {"name": "Help", "company_id": self.company.id, "allow_timesheets": True}
        )
        call = self._log_call()
        call.project_id = project
        line = self.env["account.analytic.line"].create(
            {
                "call_id": call.id,
                "project_id": project.id,
                "employee_id": call.employee_id.id,
                "unit_amount": 0.25,
                "name": "Call",
            }
        )
        self.assertEqual(call.timesheet_ids, line)
        self.assertFalse(line.copy().call_id)
