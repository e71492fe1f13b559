from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.tests import tagged

from .common_time import CallTimeCommon

NUMBER = "+493023125410"
PREFIX = "+4930231254"


@tagged("post_install", "-at_install")
class TestBlockPast(CallTimeCommon):
    """To mark a number as unwanted concerns calls that come from now on."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.unwanted = cls.env.ref("call_handling.call_category_unwanted")
        cls.supplier = cls.env.ref("call_handling.call_category_supplier")
        cls.past = cls._log_call("past", NUMBER)
        cls.missed = cls._log_call("missed", NUMBER, answered=False, at="2026-11-23T10:30:00Z")
        cls.marked = cls._log_call("marked", NUMBER, at="2026-11-23T10:20:00Z")

    def setUp(self):
        super().setUp()
        self._run_pending_jobs()

    def _record(self, calls):
        self.env.invalidate_all()
        return [
            (
                call.is_blocked,
                call.category_id,
                call.callback_id.state,
                [(line.employee_id, line.unit_amount) for line in call.sudo().timesheet_ids],
            )
            for call in calls
        ]

    def _dialog(self, call, user):
        return self._open_dialog(call.with_user(user).action_block_number(), user)

    def test_past_calls_keep_category_and_timesheets(self):
        past = self.past | self.marked
        before = self._record(past)
        self.assertEqual(before[0][1:], (self.category, False, [(self.employee_alice, 1 / 60)]))
        for values in ({"number": NUMBER}, {"number": PREFIX, "is_prefix": True}):
            block = self.env["call.block"].with_user(self.admin).create(values)
            self._run_pending_jobs()
            self.assertEqual(self._record(past), before)
            late = {"event": "ended", "at": "2026-11-23T10:01:10Z", "leg": "past-101"}
            self._send_events(late | {"call": "past", "id": str(values)})
            self._run_pending_jobs()
            self.assertEqual(self._record(past)[0][:2], before[0][:2])
            block.unlink()
            self.assertEqual(self._record(past)[0][:2], before[0][:2])

    def test_its_open_callbacks_are_closed(self):
        callback = self.missed.callback_id
        self.assertEqual(callback.state, "open")
        self._mark_unwanted(self.marked, self.lead)
        self.assertRecordValues(callback, [{"state": "dropped", "done_user_id": self.lead.id}])
        self.assertFalse(self.missed.is_blocked)

    def test_the_call_on_which_it_is_marked_gets_back_exactly_what_it_had(self):
        self.line.category_id = self.supplier
        before = self._record(self.marked)
        for by_list in (False, True):
            self._mark_unwanted(self.marked, self.lead)
            self._run_pending_jobs()
            self.assertEqual(self._record(self.marked)[0], (True, self.unwanted, False, []))
            if by_list:
                self.env["call.block"].with_user(self.admin).search([]).unlink()
            else:
                self.marked.with_user(self.lead).action_unblock_number()
            self._run_pending_jobs()
            self.assertEqual(self._record(self.marked), before)

    def test_a_rule_that_was_changed_meanwhile_does_not_sort_it_again(self):
        rule = self.env["call.rule"].create({"name": "All", "domain": "[]"})
        rule.department_id = self.sales
        before = self.marked.category_id, self.marked.department_id
        self._mark_unwanted(self.marked, self.lead)
        rule.write({"category_id": self.supplier.id})
        self.marked.with_user(self.lead).action_unblock_number()
        self.assertEqual((self.marked.category_id, self.marked.department_id), before)

    def test_a_call_that_came_unwanted_gets_the_category_of_its_own_number_of_that_time(self):
        self.env["call.block"].create({"number": NUMBER})
        call = self._log_call("c1", NUMBER)
        self.assertEqual(call.category_id, self.unwanted)
        self.line.category_id = self.supplier
        call.with_user(self.lead).action_unblock_number()
        self.assertEqual((call.is_blocked, call.category_id), (False, self.category))

    def test_the_number_can_be_unblocked_on_any_of_its_calls(self):
        self._mark_unwanted(self.marked, self.lead)
        self.assertTrue(self.past.with_user(self.lead).is_number_unwanted)
        self.past.with_user(self.lead).action_unblock_number()
        self.assertFalse((self.past | self.marked).filtered("is_number_unwanted"))
        self.assertEqual((self.marked.is_blocked, self.marked.category_id), (False, self.category))

    def test_the_dialog_says_what_will_happen(self):
        dialog = self._dialog(self.marked, self.lead)
        self.assertRecordValues(dialog, [{"is_filed": True, "loses_time": True, "past_count": 2}])
        self.marked.with_user(self.alice).category_id = self.category
        self.assertFalse(self._dialog(self.marked, self.lead).loses_time)
        self.company.call_history_days = 1
        self.assertFalse(self._dialog(self.marked, self.lead).is_filed)
        self._mark_unwanted(self.marked, self.lead)
        self.assertEqual(self._record(self.marked)[0][:2], (False, self.category))
        self.assertTrue(self._log_call("c1", NUMBER).is_blocked)

    def test_to_mark_it_again_on_another_call_does_not_change_where_it_was_marked(self):
        self._mark_unwanted(self.marked, self.lead)
        block = self.env["call.block"].search([])
        self.past.with_user(self.boss)._mark_unwanted()
        self.assertEqual(block.source_call_id, self.marked)
        self.assertFalse(self.past.is_blocked)
        self.past.with_user(self.boss).action_unblock_number()
        self.assertFalse(self.marked.is_blocked)

    @settings(max_examples=10, deadline=None)
    @given(st.permutations(["mark", "end", "rename", "unblock"]))
    def test_a_running_call_has_its_category_again_in_any_order(self, steps):
        with self.env.cr.savepoint() as savepoint:
            phone = {"call": "r", "leg": "r-101", "extension": "101"}
            ringing = {"event": "ringing", "direction": "incoming", "from": NUMBER}
            self._send_events(phone | ringing | {"to": "+493023125610"})
            self._send_events(phone | {"event": "answered"})
            call = self._call("r")
            for step in [*steps, "unblock"]:
                if step == "mark":
                    self._mark_unwanted(call, self.lead)
                elif step == "end":
                    self._send_events({"call": "r", "event": "ended"})
                elif step == "rename":
                    self.line.category_id = self.supplier
                else:
                    call.with_user(self.lead).action_unblock_number()
            self.assertEqual((call.is_blocked, call.category_id), (False, self.category))
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()
