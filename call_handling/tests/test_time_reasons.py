from ast import literal_eval

from odoo.exceptions import UserError
from odoo.tests import Form, new_test_user, tagged

from .common_time import NUMBER, CallTimeCommon


@tagged("post_install", "-at_install")
class TestTimeReasons(CallTimeCommon):
    """Wherever time should be logged and is not, the call says why."""

    def _assert_missing(self, call, reason, user=None):
        """Check what the form and the filter show to a user."""
        user = user or self.boss
        call = call.with_user(user)
        self.env.invalidate_all()
        self.assertRegex(Form(call).time_reason, reason)
        self.assertIn(call, self._search_missing())
        return call

    def _assert_not_missing(self, call):
        self.env.invalidate_all()
        self.assertFalse(Form(call.with_user(self.boss)).time_reason)
        self.assertNotIn(call, self._search_missing())

    def _search_missing(self):
        arch = self.env.ref("call_handling.call_call_view_search")._get_combined_arch()
        domain = literal_eval(arch.find(".//filter[@name='time_missing']").get("domain"))
        return self.env["call.call"].with_user(self.boss).search(domain)

    def _assert_refused(self, call, reason):
        with self.assertRaisesRegex(UserError, reason):
            call.with_user(self.boss).action_log_time()

    def _guest(self):
        guest = new_test_user(
            self.env,
            login="guest",
            name="guest",
            groups="call_handling.group_call_handling_own",
            company_id=self.company.id,
            company_ids=[(6, 0, self.company.ids)],
        )
        self._give_extension(self.pbx, guest, "161")
        return guest

    def _answered_by(self, extension, ref="c1", **values):
        call = self._log_call(ref, extension=extension, **values)
        self._run_pending_jobs()
        return call

    # --- people ----------------------------------------------------------------------

    def test_a_user_without_an_employee(self):
        guest = self._guest()
        call = self._answered_by("161")
        reason = "guest has no employee in Nordlicht GmbH"
        self._assert_missing(call, reason)
        self._assert_refused(call, reason)
        self.env["hr.employee"].create(
            {"name": "guest", "user_id": guest.id, "company_id": self.company.id}
        )
        self._assert_missing(call, "can be logged now")
        self.assertTrue(call.with_user(self.boss).can_log_time)
        call.with_user(self.boss).action_log_time()
        self.assertEqual(self._minutes(call), {"guest": 1})
        self._assert_not_missing(call)

    def test_a_user_with_an_employee_in_another_company(self):
        guest = self._guest()
        other = self.env["res.company"].create({"name": "Other"})
        self.env["hr.employee"].create(
            {"name": "guest", "user_id": guest.id, "company_id": other.id}
        )
        call = self._answered_by("161")
        self._assert_missing(call, "guest has no employee in Nordlicht GmbH")

    def test_one_of_two_who_spoke_has_no_employee(self):
        self.employee_bob.user_id = False
        call = self._transferred_call()
        self.assertEqual(self._minutes(call), {"alice": 2})
        self._assert_missing(call, "has no employee")
        self.employee_bob.user_id = self.bob
        call.with_user(self.boss).action_log_time()
        self.assertEqual(self._minutes(call), {"alice": 2, "bob": 3})
        self._assert_not_missing(call)

    def test_the_button_says_whose_time_is_missing(self):
        self.category.make_timesheet = False
        self.employee_bob.user_id = False
        call = self._transferred_call()
        action = call.with_user(self.boss).action_log_time()
        self.assertIn("has no employee", action["params"]["message"])
        self.assertEqual(self._minutes(call), {"alice": 2})

    def test_an_archived_employee(self):
        self.employee_alice.with_context(no_wizard=True).action_archive()
        call = self._answered_call()
        reason = "alice is archived in Employees"
        self._assert_missing(call, reason)
        self._assert_refused(call, reason)

    def test_an_employee_who_was_archived_before_the_time_was_logged(self):
        self.category.make_timesheet = False
        call = self._answered_call()
        self.assertEqual(call.employee_id, self.employee_alice)
        self.employee_alice.with_context(no_wizard=True).action_archive()
        self._assert_refused(call, "alice is archived in Employees")
        self.category.make_timesheet = True
        call.with_user(self.boss).category_id = False
        call.with_user(self.boss).category_id = self.category
        self._run_pending_jobs()
        self.assertFalse(call.job_error)
        self._assert_missing(call, "alice is archived in Employees")

    def test_what_was_logged_before_the_employee_was_archived_stays(self):
        call = self._answered_call()
        self.employee_alice.with_context(no_wizard=True).action_archive()
        call.with_user(self.alice).talk_seconds = 600
        self._run_pending_jobs()
        self.assertEqual(list(self._minutes(call)), ["alice"])

    def test_nobody_is_known_to_have_spoken(self):
        call = self._answered_by("999")
        self._assert_missing(call, "No employee has spoken")
        self._assert_refused(call, "No employee has spoken")
        with Form(call.with_user(self.boss)) as form:
            form.user_id = self.bob
        self._run_pending_jobs()
        self.assertEqual(self._minutes(call), {"bob": 1})
        self._assert_not_missing(call)

    # --- the call --------------------------------------------------------------------

    def test_a_call_without_a_project(self):
        self.line.project_id = False
        call = self._answered_call()
        self._assert_missing(call, "Choose the project")
        self._assert_refused(call, "Choose the project")
        call.with_user(self.boss).project_id = self.project
        self._run_pending_jobs()
        self.assertEqual(self._minutes(call), {"alice": 1})
        self._assert_not_missing(call)

    def test_a_rule_that_logs_time_where_there_is_no_project(self):
        self.line.write({"project_id": False, "category_id": False})
        self.env["call.rule"].create({"name": "All", "make_timesheet": True})
        self._assert_missing(self._answered_call(), "Choose the project")

    def test_a_project_without_timesheets(self):
        self.project.allow_timesheets = False
        call = self._answered_call()
        self._assert_missing(call, "Help Desk has no timesheets")
        self._assert_refused(call, "Help Desk has no timesheets")

    def test_a_project_of_another_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        project = self.env["project.project"].create(
            {"name": "Foreign", "company_id": other.id, "allow_timesheets": True}
        )
        call = self._answered_call()
        call.sudo().project_id = project
        self._run_pending_jobs()
        self.assertFalse(call.timesheet_ids or call.job_error)
        self._assert_missing(call, "Foreign belongs to Other")
        self._assert_refused(call, "Foreign belongs to Other")

    def test_a_call_whose_duration_is_unknown(self):
        self.pbx.stale_hours = 1
        phone = {"call": "c1", "leg": "c1-101", "extension": "101"}
        ringing = {"event": "ringing", "direction": "incoming", "from": NUMBER}
        self._send_events(
            phone | ringing | {"to": "+493023125610", "at": "2026-11-20T10:00:00Z"},
            phone | {"event": "answered", "at": "2026-11-20T10:00:05Z"},
        )
        self.env.cr.execute("UPDATE call_event SET create_date = create_date - interval '3 days'")
        self._run_scheduled_action("ir_cron_close_silent_calls")
        self._run_pending_jobs()
        call = self._call("c1")
        self.assertTrue(call.is_end_assumed)
        self._assert_missing(call, "not known when the call ended")
        self._assert_refused(call, "not known when the call ended")

    def test_an_outgoing_call_that_nobody_answered(self):
        call = self._dialled("no_answer")
        self._assert_missing(call, "such calls are not logged")
        self._assert_refused(call, "such calls are not logged")

    def _dialled(self, cause):
        phone = {"call": "o1", "leg": "o1-101", "extension": "101"}
        self._send_events(
            phone | {"event": "ringing", "direction": "outgoing", "to": NUMBER,
                     "line": "+493023125610", "at": "2026-11-23T10:00:00Z"},
            {"call": "o1", "event": "ended", "cause": cause, "at": "2026-11-23T10:00:20Z"},
        )  # fmt: skip
        call = self._call("o1")
        values = {"category_id": self.category.id, "project_id": self.project.id}
        call.with_user(self.boss).write(values)
        self._run_pending_jobs()
        return call

    def test_a_call_that_is_too_short(self):
        self.company.call_time_free_seconds = 90
        call = self._answered_call()
        self._assert_missing(call, "alice is too short")
        self._assert_refused(call, "alice is too short")

    # --- nothing is missing ----------------------------------------------------------

    def test_nothing_is_missing_where_no_time_was_wanted(self):
        self._guest()
        self.category.make_timesheet = False
        self._assert_not_missing(self._answered_by("161"))
        self.category.make_timesheet = True
        self._assert_not_missing(self._log_call("missed", answered=False))
        internal = {"direction": "internal", "from": "102", "to": "161"}
        self._assert_not_missing(self._answered_by("161", "i1", **internal))

    def test_nothing_is_missing_once_the_category_no_longer_logs_time(self):
        self._guest()
        call = self._answered_by("161")
        self._assert_missing(call, "guest")
        call.with_user(self.boss).category_id = False
        self._run_pending_jobs()
        self._assert_not_missing(call)

    def test_nothing_is_missing_once_a_person_has_logged_it(self):
        self._guest()
        call = self._answered_by("161")
        with Form(call.with_user(self.boss)) as form, form.timesheet_ids.new() as line:
            line.employee_id = self.employee_bob.sudo(False)
        self._run_pending_jobs()
        self._assert_not_missing(call)

    def test_nothing_is_missing_if_a_person_has_deleted_the_line(self):
        call = self._answered_call()
        call.timesheet_ids.unlink()
        call.with_user(self.alice).talk_seconds = 600
        self._run_pending_jobs()
        self._assert_not_missing(call)

    def test_nothing_is_missing_of_a_private_call(self):
        self._guest()
        call = self._answered_by("161")
        call.with_user(self.admin)._undo()
        self.assertFalse(call.is_time_missing)

    def test_a_reason_of_another_addon_is_shown(self):
        self._guest()
        call = self._answered_by("161")
        self.patch(type(call), "_get_reasons_against_time", lambda call: ["The month is closed."])
        self._assert_missing(call, "The month is closed.")
