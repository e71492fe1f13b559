from odoo.exceptions import AccessError, UserError
from odoo.tests import Form, new_test_user, tagged

from .common_portal import PortalCommon
from .common_time import CallTimeCommon


@tagged("post_install", "-at_install")
class TestProjectManager(PortalCommon, CallTimeCommon):
    """Who manages a project reads all of its calls, without other rights on calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls._create_project_user("manager")
        cls.other = cls._create_project_user("other")
        cls.project.user_id = cls.manager
        cls.other_project.user_id = cls.other

    @classmethod
    def _create_project_user(cls, login, company=None):
        company = company or cls.company
        return new_test_user(
            cls.env, login, "base.group_user,project.group_project_user",
            company_id=company.id, company_ids=[(6, 0, company.ids)],
        )  # fmt: skip

    def _log_with_note(self, ref="c1", **values):
        call = self._log_call(ref, **values)
        call.with_user(self.alice).summary = "Asked for an offer"
        self.env["call.note"].with_user(self.alice).create({"call_id": call.id, "body": "<p>x</p>"})
        return call

    def _search(self, user, model="call.call"):
        return self._rpc(user, model, "search", [])

    def test_the_manager_of_a_project_reads_its_calls_phones_and_notes(self):
        call = self._log_with_note()
        self._log_call("elsewhere", to="+493023125777")
        self.assertEqual(call.project_id, self.project)
        self.assertEqual(self._search(self.manager), call.ids)
        self.assertEqual(self._search(self.manager, "call.leg"), call.leg_ids.ids)
        self.assertEqual(self._search(self.manager, "call.note"), call.note_ids.ids)
        [values] = self._rpc(self.manager, "call.call", "read", call.ids, ["summary"])
        self.assertEqual(values["summary"], "Asked for an offer")
        for model in ("call.call", "call.leg", "call.note"):
            self.assertEqual(self._search(self.other, model), [])

    def test_a_manager_of_the_past_does_not_read_them(self):
        self._log_with_note()
        self.project.user_id = self.other
        self.assertEqual(self._search(self.manager), [])

    def test_the_manager_changes_nothing(self):
        call = self._log_with_note()
        for record in (call, call.leg_ids, call.note_ids):
            record = record.with_user(self.manager)
            for operation in ("write", "create", "unlink"):
                with self.subTest(record._name, operation=operation):
                    self.assertFalse(record.has_access(operation))
        for method in ("action_create_task", "action_create_meeting", "action_make_private",
                       "action_log_time", "action_block_number"):  # fmt: skip
            with self.subTest(method), self.assertRaises(UserError):
                getattr(call.with_user(self.manager), method)()

    def test_a_manager_with_own_calls_changes_only_those(self):
        call = self._log_with_note()
        self.dave.group_ids += self.env.ref("project.group_project_user")
        self.project.user_id = self.dave
        own = self._log_call("own", extension="104")
        dave = self.env["call.call"].with_user(self.dave)
        self.assertEqual(dave.search([]), call | own)
        self.assertTrue(own.with_user(self.dave).has_access("write"))
        self.assertFalse(call.with_user(self.dave).has_access("write"))
        with self.assertRaises(AccessError):
            call.with_user(self.dave).summary = "Changed"
        with self.assertRaises(AccessError):
            self.env["call.note"].with_user(self.dave).create(
                {"call_id": call.id, "body": "<p>y</p>"}
            )

    def test_private_calls_and_calls_of_other_companies_stay_hidden(self):
        call = self._log_with_note()
        call.is_private = True
        self.assertEqual(self._search(self.manager), [])
        self.assertEqual(self._search(self.manager, "call.note"), [])
        call.is_private = False
        elsewhere = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self._create_project_user("stranger", elsewhere)
        self.project.user_id = stranger
        self.assertEqual(self._search(stranger), [])

    def test_the_button_on_project_and_task_opens_them(self):
        first, second = self._log_with_note("c1"), self._log_with_note("c2")
        second.task_id = self.task
        for record, calls in ((self.project, first | second), (self.task, second)):
            with self.subTest(record._name):
                form = Form(record.with_user(self.manager))
                self.assertEqual(form.call_count, len(calls))
                action = record.with_user(self.manager).action_view_calls()
                self.env["call.call"].with_user(self.manager).get_views(action["views"])
                found = self._rpc(self.manager, "call.call", "search", action["domain"])
                self.assertEqual(set(found), set(calls.ids))
        panel = self.project.with_user(self.manager).get_panel_data()
        self.assertIn("Calls", [button["text"] for button in panel["buttons"]])
        panel = self.other_project.with_user(self.other).get_panel_data()
        self.assertNotIn("Calls", [button["text"] for button in panel["buttons"]])

    def test_the_form_of_the_call_opens_and_offers_no_changes(self):
        call = self._log_with_note()
        call.candidate_ids = self._create_contact("Jane Roe")
        self._log_call("missed", answered=False)
        for record in (call, self._call("missed")):
            record.invalidate_recordset()
            form = Form(record.with_user(self.manager))
            self.assertEqual(form.project_id, self.project)
            self.assertFalse(form.can_write, "Buttons that create something are hidden.")
            self.assertTrue(Form(record.with_user(self.alice)).can_write)
        arch = (
            self.env["call.call"]
            .with_user(self.manager)
            .get_view(self.env.ref("call_handling.call_call_view_form").id, "form")["arch"]
        )
        for name in ("action_block_number", "action_unblock_number", "action_retry_jobs"):
            self.assertNotIn(name, arch)

    def test_every_view_of_the_list_opens(self):
        self._log_with_note()
        calls = self.env["call.call"].with_user(self.manager)
        for view in ("list", "kanban", "calendar", "pivot", "graph", "activity"):
            with self.subTest(view):
                arch = calls.get_views([(False, view)])
                self.assertNotIn("action_log_call", arch["views"][view]["arch"])
                fields = arch["models"]["call.call"]["fields"]
                specification = {name: {} for name in fields}
                self.assertTrue(calls.web_search_read([], specification)["records"])


@tagged("post_install", "-at_install")
class TestHiddenCalls(CallTimeCommon):
    """Buttons with the number of calls say if there are more than the user may see."""

    def _labels(self, user):
        records = (self.project, self.task, self.contact, self.company_contact)
        return [record.with_user(user).call_count_label for record in records]

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company_contact = cls._create_contact("Acme", is_company=True)
        cls.contact = cls._create_contact(
            "Jane Roe", "+12025550142", parent_id=cls.company_contact.id
        )
        cls.calls = [
            cls._log_call("c1"), cls._log_call("c2"), cls._log_call("c3"),
            cls._log_call("c4", extension="104"),
        ]  # fmt: skip
        for call in cls.calls:
            call.task_id = cls.task

    def test_a_count_that_rights_cut_says_so(self):
        self.assertEqual(self._labels(self.alice), ["3 of 4"] * 4)
        self.assertEqual(self._labels(self.dave), ["1 of 4"] * 4)
        self.assertEqual(self._labels(self.boss), ["4"] * 4)
        panel = self.project.with_user(self.boss).get_panel_data()["buttons"]
        self.assertTrue(any("4 (" in str(button["number"]) for button in panel))

    def test_private_calls_of_others_do_not_count(self):
        # also if something were still linked with one
        self.calls[3].is_private = True
        self.env.flush_all()
        self.assertEqual(self._labels(self.alice), ["3"] * 4)
        self.assertEqual(self._labels(self.boss), ["3"] * 4)

    def test_calls_of_other_companies_do_not_count(self):
        other = self.env["res.company"].create({"name": "Elsewhere"})
        self.calls[3].company_id = other
        self.assertEqual(self._labels(self.alice), ["3"] * 4)

    def test_without_rights_on_calls_nothing_is_counted(self):
        nobody = new_test_user(
            self.env, "nobody", "base.group_user,project.group_project_user",
            company_id=self.company.id, company_ids=[(6, 0, self.company.ids)],
        )  # fmt: skip
        self.assertEqual(self._labels(nobody), ["0"] * 4)
        self.assertEqual(self.project.with_user(nobody).call_total_count, 0)

    def test_how_much_colleagues_call_is_not_counted(self):
        employee = self.employee_bob.sudo(False).with_user(self.dave).sudo()
        self._log_call("c5", extension="102")
        self.assertEqual(employee.sudo(False).sudo().call_total_count, employee.call_count)
        self.assertEqual(self.sales.with_user(self.alice).call_count_label, "0")

    def test_counting_many_projects_needs_no_more_queries(self):
        projects = self.project | self.other_project
        self._log_call("c6").project_id = self.other_project

        def count_queries(records):
            self.env.flush_all()
            self.env.invalidate_all()
            records = records.with_user(self.alice)
            start = self.cr.sql_log_count
            records.mapped("call_count_label")
            return self.cr.sql_log_count - start

        count_queries(projects)  # fills caches
        self.assertEqual(count_queries(projects), count_queries(self.project))

    def test_the_buttons_show_it_with_the_reason(self):
        alice = self.alice
        alice.group_ids += self.env.ref("project.group_project_user")
        alice.group_ids += self.env.ref("base.group_partner_manager")
        for record in (self.project, self.task, self.contact):
            arch = record.with_user(alice).get_view()["arch"]
            self.assertIn("Your access rights do not include all of these calls.", arch)
            self.assertEqual(Form(record.with_user(alice)).call_count_label, "3 of 4")
