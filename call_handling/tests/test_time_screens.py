from ast import literal_eval

from lxml import etree

from odoo.tests import Form, new_test_user, tagged

from .common_time import NUMBER, CallTimeCommon


@tagged("post_install", "-at_install")
class TestTimeScreens(CallTimeCommon):
    """Calls and their time on projects, tasks and timesheets."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.outsider = new_test_user(
            cls.env,
            login="outsider",
            groups="project.group_project_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _filter(self, model, name, user):
        """Return a filter of the search view of timesheets, or of their analysis."""
        actions = {
            "account.analytic.line": "hr_timesheet.timesheet_action_all",
            "timesheets.analysis.report": "hr_timesheet.timesheet_action_report_by_project",
        }
        search_view = self.env.ref(actions[model]).search_view_id
        arch = self.env[model].with_user(user).get_view(search_view.id, "search")["arch"]
        return etree.fromstring(arch).find(f".//filter[@name='{name}']")

    def _group(self, model, name):
        """Return the hours by group of a filter, as the boss sees them."""
        grouped_by = literal_eval(self._filter(model, name, self.boss).get("context"))["group_by"]
        records = self.env[model].with_user(self.boss)
        domain = [("project_id", "=", self.project.id)]
        return dict(records._read_group(domain, [grouped_by], ["unit_amount:sum"]))

    # --- project and task ------------------------------------------------------------

    def test_project_and_task_show_their_calls_and_hours(self):
        first, second = (
            self._answered_call("c1", seconds=1800),
            self._answered_call("c2", seconds=900),
        )
        self._log_call("elsewhere", to="+493023125777")
        second.task_id = self.task
        for record, calls, hours in (
            (self.project, first | second, 0.75),
            (self.task, second, 0.25),
        ):
            with self.subTest(record):
                form = Form(record.with_user(self.boss))
                self.assertEqual((form.call_count, form.call_hours), (len(calls), hours))
                action = record.with_user(self.boss).action_view_calls()
                self.assertEqual(self.env[action["res_model"]].search(action["domain"]), calls)

    def test_the_dashboard_of_the_project_has_a_button_with_calls_and_hours(self):
        self._answered_call(seconds=1800)
        panel = self.project.with_user(self.boss).get_panel_data()
        button = next(button for button in panel["buttons"] if button["text"] == "Calls")
        self.assertEqual((button["number"], button["action"]), ("1 (00:30 h)", "action_view_calls"))

    def test_a_project_links_to_its_calls_next_to_its_tasks(self):
        action = self.env.ref("call_handling.project_embedded_action_calls")
        for user, visible in ((self.boss, True), (self.outsider, False)):
            action.invalidate_recordset()
            seen = action.with_user(user).sudo().with_context(active_id=self.project.id)
            self.assertEqual(bool(seen.is_visible), visible)

    def test_only_calls_that_the_user_may_see_are_counted(self):
        self._answered_call(seconds=1800)
        dave = self.project.with_user(self.dave)
        self.assertEqual((dave.call_count, dave.call_hours), (0, 0))

    def test_managers_without_call_access_can_use_project_and_task(self):
        self._answered_call()
        for record in (self.project, self.task):
            with Form(record.with_user(self.outsider)) as form:
                form.name = "Renamed"
                self.assertFalse(form.call_count, "The button is hidden if there are none.")
            arch = etree.fromstring(record.with_user(self.outsider).get_view()["arch"])
            for button in arch.iterfind(".//button[@name='action_view_calls']"):
                self.assertRegex(button.get("invisible"), "not call_(total_)?count")
            self.assertEqual(record.with_user(self.outsider).call_count, 0)
        panel = self.project.with_user(self.outsider).get_panel_data()
        self.assertNotIn("Calls", [button["text"] for button in panel["buttons"]])

    # --- timesheets ------------------------------------------------------------------

    def test_a_filter_shows_the_timesheet_lines_of_calls(self):
        call = self._answered_call()
        self.env["account.analytic.line"].create(
            {"name": "Visit", "project_id": self.project.id, "unit_amount": 1,
             "employee_id": self.employee_alice.id}
        )  # fmt: skip
        for user in (self.boss, self.outsider):
            for model in ("account.analytic.line", "timesheets.analysis.report"):
                with self.subTest(model, user=user.login):
                    domain = literal_eval(self._filter(model, "call_time", user).get("domain"))
                    domain += [("project_id", "=", self.project.id)]
                    found = self.env[model].with_user(user).search(domain)
                    self.assertEqual(found.ids, call.timesheet_ids.ids)

    def test_the_timesheet_line_shows_its_call(self):
        call = self._answered_call()
        line = call.timesheet_ids.with_user(self.alice)
        self.assertEqual(Form(line, view="hr_timesheet.hr_timesheet_line_form").call_id, call)
        columns = self.env["account.analytic.line"].with_user(self.boss)
        arch = columns.get_view(self.env.ref("hr_timesheet.timesheet_view_tree_user").id)["arch"]
        self.assertIn('name="call_id"', arch)

    def test_timesheets_and_their_analysis_are_grouped_by_call_category_and_contact(self):
        jane = self._create_contact("Jane Roe", NUMBER)
        call, other = (
            self._answered_call(seconds=3600),
            self._transferred_call(first=1800, second=1800),
        )
        other.category_id = self.category.copy()
        self.env.flush_all()
        for model in ("account.analytic.line", "timesheets.analysis.report"):
            with self.subTest(model):
                self.assertEqual(self._group(model, "groupby_call"), {call: 1, other: 1})
                self.assertEqual(
                    self._group(model, "groupby_call_category"),
                    {call.category_id: 1, other.category_id: 1},
                )
                self.assertEqual(self._group(model, "groupby_call_partner"), {jane: 2})

    def test_the_timesheets_of_a_call_are_on_its_form(self):
        call = self._transferred_call()
        form = Form(call.with_user(self.boss))
        self.assertEqual(len(form.timesheet_ids), 2)

    def test_a_user_without_timesheet_access_can_edit_the_call(self):
        call = self._answered_call(extension="104")
        with Form(call.with_user(self.dave)) as form:
            self.assertNotIn("timesheet_ids", form._view["fields"])
            form.summary = "Printer"
        self.assertEqual(call.timesheet_ids.name, "Call: Printer")

    # --- calls -----------------------------------------------------------------------

    def test_the_list_of_calls_has_a_filter_for_calls_without_timesheet(self):
        self._answered_call("c1")
        self.category.make_timesheet = False
        waiting = self._answered_call("c2")
        view = self.env.ref("call_handling.call_call_view_search")
        calls = self.env["call.call"].with_user(self.boss)
        arch = etree.fromstring(calls.get_view(view.id, "search")["arch"])
        domain = literal_eval(arch.find(".//filter[@name='no_time']").get("domain"))
        self.assertEqual(calls.search(domain), waiting)
