from odoo import Command
from odoo.exceptions import AccessError
from odoo.tests import Form, new_test_user, tagged

from .common_portal import PortalCommon
from .common_time import NUMBER, CallTimeCommon

SECRETS = ("Jane", "Asked for", "2025550142", "555-0142")
SHOWN = "Call with Jane Roe: Asked for an offer"


@tagged("post_install", "-at_install")
class TestAudienceTime(PortalCommon, CallTimeCommon):
    """What customers and colleagues read on timesheet lines of calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.jane = cls._create_contact("Jane Roe", NUMBER)
        cls.customer_contact = cls._create_contact("Customer")
        cls.customer = cls._create_portal_user(cls.customer_contact)

    def _share(self, project):
        project.write(
            {
                "privacy_visibility": "portal",
                "partner_id": self.customer_contact.id,
                "collaborator_ids": [Command.create({"partner_id": self.customer_contact.id})],
            }
        )
        project.message_subscribe(partner_ids=self.customer_contact.ids)
        self.env.flush_all()

    def _line_of_call(self, ref="c1"):
        call = self._answered_call(ref)
        call.with_user(self.alice).summary = "Asked for an offer\nBy Friday."
        return call.timesheet_ids

    def _read_as_customer(self, line):
        line.message_partner_ids = self.customer_contact
        self.env.flush_all()
        lines = self._rpc(
            self.customer, "account.analytic.line", "search_read", [["id", "=", line.id]], ["name"]
        )
        self.assertEqual([values["id"] for values in lines], line.ids)
        task = line.task_id or self.task
        return [lines, self._page(self.customer, "/my/timesheets"),
                self._page(self.customer, f"/my/tasks/{task.id}"),
                self._page(self.customer, f"/my/projects/{line.project_id.id}")]  # fmt: skip

    def _assert_hidden(self, found):
        for word in SECRETS:
            self.assertNotIn(word, str(found))

    def test_customers_read_neutral_texts(self):
        self._share(self.project)
        line = self._line_of_call()
        line.task_id = self.task
        self.assertEqual(line.name, "Call")
        found = self._read_as_customer(line)
        self.assertIn("Call", found[1])
        self._assert_hidden(found)

    def test_customers_cannot_read_what_leads_to_the_call(self):
        self._share(self.project)
        line = self._line_of_call()
        line.message_partner_ids = self.customer_contact
        for name in ("call_id", "call_label", "call_values", "call_partner_id", "call_category_id"):
            with self.subTest(name):
                self.assertEqual(
                    self._rpc(self.customer, line._name, "read", line.ids, [name]), "AccessError"
                )
                self.assertEqual(
                    self._rpc(self.customer, line._name, "search", [[name, "!=", False]]),
                    "AccessError",
                )

    def test_customers_read_the_summary_if_the_company_shows_it(self):
        self.company.call_texts_for_customers = True
        self._share(self.project)
        self.assertEqual(self._line_of_call().name, SHOWN)

    def test_in_a_project_of_colleagues_lines_have_the_whole_text(self):
        self.assertEqual(self._line_of_call().name, SHOWN)

    def test_when_a_project_is_shared_the_texts_of_calls_become_neutral(self):
        line, other = self._line_of_call("c1"), self._line_of_call("c2")
        other.name = "Offer for a printer"  # a person's own words
        self._share(self.project)
        self.assertEqual((line.name, other.name), ("Call", "Offer for a printer"))
        self._assert_hidden(self._read_as_customer(line))

    def test_lines_follow_the_call_after_that(self):
        line = self._line_of_call()
        self._share(self.project)
        line.call_id.with_user(self.alice).task_id = self.task
        line.call_id.with_user(self.alice).summary = "Ordered"
        self.assertEqual((line.task_id, line.name), (self.task, "Call"))

    def test_a_line_that_is_moved_to_a_shared_project_becomes_neutral_and_stays_so(self):
        self._share(self.other_project)
        line = self._line_of_call()
        line.project_id = self.other_project
        self.assertEqual(line.name, "Call")
        line.call_id.with_user(self.alice).summary = "Asked for a better offer"
        self.assertEqual(line.name, "Call")

    def test_lines_whose_task_is_moved_to_a_shared_project_become_neutral(self):
        self._share(self.other_project)
        line = self._line_of_call()
        own = self._line_of_call("c2")
        own.name = "Offer for a printer"
        (line | own).task_id = self.task
        self.task.with_user(self.boss).project_id = self.other_project
        self._assert_hidden(self._read_as_customer(line))
        self.assertEqual(line.project_id, self.other_project)
        self.assertEqual((line.name, own.name), ("Call", "Offer for a printer"))

    def test_lines_of_a_subtask_that_follows_its_parent_become_neutral(self):
        self._share(self.other_project)
        line = self._line_of_call()
        self.task.parent_id = self.other_task
        line.task_id = self.task
        self.other_task.with_user(self.boss).project_id = self.other_project
        self._assert_hidden(self._read_as_customer(line))
        self.assertEqual((line.project_id, line.name), (self.other_project, "Call"))

    def test_a_copied_line_has_no_text_of_the_call(self):
        line = self._line_of_call()
        copied = line.copy()
        self.assertEqual((copied.name, line.name), ("Call", SHOWN))
        copied.project_id = self.other_project
        self._share(self.other_project)
        self._assert_hidden(self._read_as_customer(copied))
        line.name = "Offer for a printer"
        self.assertEqual(line.copy().name, "Offer for a printer")

    def test_a_project_whose_time_is_billed_has_neutral_texts(self):
        if "allow_billable" not in self.project._fields:
            self.skipTest("needs sale_project")
        before = self._line_of_call("c1")
        self.project.allow_billable = True
        self.assertEqual((before.name, self._line_of_call("c2").name), ("Call", "Call"))

    def test_a_line_added_on_the_call_gets_the_text_for_its_project(self):
        for project, text in ((self.project, SHOWN), (self.other_project, "Call")):
            call = self._answered_call(f"add{project.id}", seconds=0)
            call.timesheet_ids.unlink()
            call.write({"project_id": project.id, "summary": "Asked for an offer"})
            if project == self.other_project:
                self._share(project)
            values = {"call_id": call.id, "project_id": project.id, "unit_amount": 1}
            line = self.env["account.analytic.line"].with_user(self.alice).create(values)
            self.assertEqual(line.name, text)

    def test_time_is_added_by_those_who_may_edit_the_call_only(self):
        call = self._answered_call()
        values = {"project_id": self.project.id, "unit_amount": 1}
        employee = self._create_timesheet_user().employee_id
        lines = self.env["account.analytic.line"].with_user(employee.user_id)
        by_default = lines.with_context(default_call_id=call.id)
        for model, given in ((lines, values | {"call_id": call.id}), (by_default, values)):
            with self.assertRaises(AccessError):
                model.create(given)
        self.assertEqual(lines.create(values).employee_id, employee)

    def _create_timesheet_user(self):
        """Return somebody who logs time, but has no right on calls."""
        user = new_test_user(
            self.env,
            login="logger",
            groups="base.group_user,hr_timesheet.group_hr_timesheet_user",
            company_id=self.company.id,
            company_ids=[Command.set(self.company.ids)],
        )
        self.env["hr.employee"].create(
            {"name": "Logger", "user_id": user.id, "company_id": self.company.id}
        )
        return user.with_company(self.company)

    def test_other_settings_of_a_project_change_no_texts(self):
        line = self._line_of_call()
        self.project.write({"name": "Renamed", "privacy_visibility": "followers"})
        self.company.call_hand_over = "link"
        self.assertEqual(line.name, SHOWN)

    def test_employees_see_on_the_line_whom_they_spoke_with_if_they_may_see_the_call(self):
        self._share(self.project)
        line = self._line_of_call()
        self.lead.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_approver")
        self.dave.group_ids += self.env.ref("hr_timesheet.group_hr_timesheet_approver")
        for user, label in ((self.alice, SHOWN), (self.lead, SHOWN), (self.dave, False)):
            with self.subTest(user.login):
                [values] = self._rpc(user, line._name, "read", line.ids, ["call_label", "name"])
                self.assertEqual((values["call_label"], values["name"]), (label, "Call"))

    def test_the_form_of_a_line_shows_it_if_the_text_does_not(self):
        line = self._line_of_call()
        view = self.env.ref("hr_timesheet.hr_timesheet_line_form")
        self.assertFalse(Form(line.with_user(self.alice), view).call_label)
        self._share(self.project)
        self.assertEqual(Form(line.with_user(self.alice), view).call_label, SHOWN)
