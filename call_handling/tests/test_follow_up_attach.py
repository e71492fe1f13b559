from freezegun import freeze_time

from odoo.exceptions import UserError
from odoo.tests import Form, tagged

from .common_follow_up import AT_WORK, NUMBER, FollowUpCommon

OTHER_NUMBER = "+493023125620"


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestFollowUpAttach(FollowUpCommon):
    """An incoming call is attached to the open task of its contact."""

    def _jane_calls_and_jobs_run(self, ref="c1", **values):
        call = self._jane_calls(ref, **values)
        self._run_pending_jobs()
        return call

    # --- one, none, several ----------------------------------------------------------

    def test_a_call_is_attached_to_the_only_open_task_of_its_contact(self):
        task = self._create_task()
        self._create_task("Done", state="1_done")
        self._create_task("Elsewhere", project_id=self.project.copy().id)
        self._create_task("Part", parent_id=task.id)
        self._create_task("Of somebody else", partner_id=self._create_contact("Richard Roe").id)
        call = self._jane_calls_and_jobs_run()
        self.assertEqual(call.task_id, task)
        self.assertFalse(call.task_candidate_ids)

    def test_a_call_is_attached_while_it_rings(self):
        task = self._create_task()
        self._send_events(
            {"call": "c1", "event": "ringing", "direction": "incoming", "from": NUMBER,
             "line": "+493023125777"},
        )  # fmt: skip
        self._run_pending_jobs()
        self.assertEqual(self._call("c1").task_id, task)

    def test_several_open_tasks_are_offered_and_none_is_chosen(self):
        tasks = self._create_task() | self._create_task("Scanner")
        call = self._jane_calls_and_jobs_run()
        self.assertFalse(call.task_id)
        self.assertEqual(call.task_candidate_ids, tasks)

    def test_a_click_chooses_one_of_the_offered_tasks(self):
        printer, scanner = self._create_task(), self._create_task("Scanner")
        call = self._jane_calls_and_jobs_run().with_user(self.alice)
        arch = call.get_view(self.env.ref("call_handling.call_call_view_form").id)["arch"]
        self.assertIn("action_choose_task", arch)
        call.action_choose_task(scanner.id)
        self.assertEqual(call.task_id, scanner)
        self.assertFalse(call.task_candidate_ids)
        with self.assertRaises(UserError):
            call.action_choose_task(printer.id)

    def test_a_task_that_is_not_offered_cannot_be_chosen(self):
        self._create_task()
        self._create_task("Scanner")
        foreign = self._create_task("Elsewhere", project_id=self.project.copy().id)
        call = self._jane_calls_and_jobs_run().with_user(self.alice)
        with self.assertRaises(UserError):
            call.action_choose_task(foreign.id)
        self.assertFalse(call.task_id)

    def test_the_contacts_own_tasks_come_before_those_of_the_company(self):
        of_acme = self._create_task("Contract", partner_id=self.acme.id)
        self.assertEqual(self._jane_calls_and_jobs_run().task_id, of_acme)
        own = self._create_task()
        self.assertEqual(self._jane_calls_and_jobs_run("c2").task_id, own)

    def test_a_contact_without_open_tasks_gets_no_task(self):
        self._create_task(state="1_canceled")
        call = self._jane_calls_and_jobs_run()
        self.assertFalse(call.task_id or call.task_candidate_ids)

    # --- which calls -----------------------------------------------------------------

    def test_only_recent_incoming_calls_that_are_not_private_are_attached(self):
        self._create_task()
        outgoing = self._jane_calls("out", direction="outgoing", to=NUMBER, **{"from": "101"})
        self.company.call_history_days = 7
        with freeze_time("2026-11-30 10:05:00"):
            old = self._jane_calls("old")
            self._run_pending_jobs()
        private = self._jane_calls("private")
        private.is_private = True
        self._run_pending_jobs()
        self.assertEqual(outgoing.partner_id, self.jane)
        self.assertFalse((outgoing | old | private).task_id)

    def test_a_contact_found_later_attaches_its_task_to_running_calls(self):
        ended = self._log_call("c1", OTHER_NUMBER, line="+493023125777")
        self._send_events(
            {"call": "c2", "event": "ringing", "direction": "incoming", "from": OTHER_NUMBER,
             "line": "+493023125777"},
        )  # fmt: skip
        running = self._call("c2")
        richard = self._create_contact("Richard Roe")
        task = self._create_task(partner_id=richard.id)
        self._run_pending_jobs()
        self.assertFalse((ended | running).task_id)
        richard.phone = OTHER_NUMBER
        self._run_pending_jobs()
        self.assertEqual((ended | running).partner_id, richard)
        self.assertEqual((bool(ended.task_id), running.task_id), (False, task))

    def test_changing_the_contact_removes_its_task(self):
        self._create_task()
        call = self._jane_calls_and_jobs_run()
        self.assertTrue(call.task_id)
        richard = self._create_contact("Richard Roe")
        call.with_user(self.alice).partner_id = richard
        self._run_pending_jobs()
        self.assertFalse(call.task_id)

    # --- choices of users, and rules -------------------------------------------------

    def test_the_choice_of_a_user_is_kept_even_if_empty(self):
        self._create_task()
        chosen = self._create_task(partner_id=False)
        ring = {"call": "c1", "leg": "a", "extension": "101", "direction": "incoming"}
        ring |= {"event": "ringing", "from": NUMBER, "line": "+493023125777"}
        self._send_events(ring, ring | {"call": "c2"})
        with Form(self._call("c1").with_user(self.alice)) as form:
            form.task_id = chosen
        self._run_pending_jobs()
        none = self._call("c2").with_user(self.alice)
        self.assertTrue(none.task_id)
        none.task_id = False
        self._send_events({"call": "c1", "event": "ended"}, {"call": "c2", "event": "ended"})
        none.partner_id = self.acme
        self._run_pending_jobs()
        self.assertEqual(self._call("c1").task_id, chosen)
        self.assertFalse(none.task_id)

    def test_a_rule_creates_no_task_if_one_is_found(self):
        task = self._create_task()
        self._create_rule("task")
        self.assertEqual(self._jane_calls_and_jobs_run().task_id, task)

    def test_a_second_call_is_attached_to_the_task_created_from_the_first(self):
        self._create_rule("task")
        first = self._jane_calls_and_jobs_run()
        second = self._jane_calls_and_jobs_run("c2")
        self.assertTrue(first.task_id)
        self.assertEqual(second.task_id, first.task_id)

    # --- query counts ----------------------------------------------------------------

    def test_an_event_of_an_attached_call_costs_no_extra_queries(self):
        self._create_task()
        ring = {"call": "c1", "leg": "a", "extension": "101", "direction": "incoming"}
        ring |= {"event": "ringing", "from": NUMBER, "line": "+493023125777"}
        self._send_events(ring)
        self._run_pending_jobs()
        self.env.flush_all()
        self.env.invalidate_all()
        with self.assertQueryCount(11):
            self._send_events(ring | {"event": "answered"})
            self.env.flush_all()

    def test_searching_a_task_costs_a_new_call_few_queries(self):
        def get_cost(ref, **values):
            ring = {"call": ref, "leg": "a", "extension": "101", "event": "ringing"}
            ring |= {"from": NUMBER, "line": "+493023125777", "direction": "incoming"} | values
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.cr.sql_log_count
            self._send_events(ring)
            self.env.flush_all()
            return self.cr.sql_log_count - before

        outgoing = {"direction": "outgoing", "from": "101", "to": NUMBER}
        for ref, values in (("c0", {}), ("c1", outgoing)):
            get_cost(ref, **values)  # fills the caches
        plain = get_cost("c2", **outgoing)
        # store the pending job; find the scheduled action, check that it is active, trigger it
        self.assertLessEqual(get_cost("c3") - plain, 4)
