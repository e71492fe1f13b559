from contextlib import contextmanager

from odoo import fields
from odoo.tests import tagged

from .common_time import NUMBER
from .test_history import AT, OTHER_NUMBER, HistoryCommon


class LateCommon(HistoryCommon):
    """Something is reported about a call that was sorted already."""

    def _send_late(self, ref="c1", second=59):
        """Report an end that changes how long the phone was off the hook, and nothing else."""
        phone = {"call": ref, "leg": f"{ref}-101", "extension": "101"}
        self._send_events(phone | {"event": "held", "at": f"{AT}{second - 20}Z"})
        self._send_events(phone | {"event": "resumed", "at": f"{AT}{second - 10}Z"})
        self._run_pending_jobs()

    @contextmanager
    def _changes_leave_alone(self, *calls):
        before = self._facts(calls)
        yield
        for call in calls:
            self._send_late(call.pbx_ref)
        self.assertEqual(self._facts(calls), before)

    def _facts(self, calls):
        self.env.flush_all()
        self.env.invalidate_all()
        recorded = self._record(self.env["call.call"].union(*calls))
        names = ("direction", "remote_number", "line_number", "is_private", "task_id", "rule_jobs")
        numbers = [call.leg_ids.mapped("number") for call in calls]
        return recorded, [{name: call[name] for name in names} for call in calls], numbers


@tagged("post_install", "-at_install")
class TestLateRules(LateCommon):
    """Rules decide when a call gets the facts they look at. Later changes concern later calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.line.category_id = False
        cls.sales_category = cls.env.ref("call_handling.call_category_sales")

    def test_a_late_event_changes_something(self):
        call = self._answered_call()
        self._send_late()
        self.assertEqual(call.leg_ids.hold_seconds, 10)

    def test_a_rule_that_is_edited_does_not_sort_past_calls_again(self):
        call = self._answered_call()
        self.assertEqual(call.category_id, self.supplier)
        with self._changes_leave_alone(call):
            self.rule.write({"category_id": self.sales_category.id, "follow_up": "task"})
        with self._changes_leave_alone(call):
            self.rule.write({"domain": "[]", "user_id": self.dave.id, "is_private": True})
        with self._changes_leave_alone(call):
            self.rule.active = False

    def test_a_rule_that_is_deleted_or_created_neither(self):
        call = self._answered_call()
        with self._changes_leave_alone(call):
            self.rule.unlink()
        with self._changes_leave_alone(call):
            self.env["call.rule"].create(
                {
                    "name": "New",
                    "domain": "[]",
                    "make_timesheet": True,
                    "project_id": self.other_project.id,
                    "department_id": self.sales.id,
                }
            )

    def test_what_lies_behind_a_link_is_looked_at_when_the_link_changes(self):
        call = self._answered_call()
        with self._changes_leave_alone(call):
            self.jane.name = "Jane Doe"

    def test_a_rule_decides_again_when_what_it_looks_at_becomes_known(self):
        self.rule.domain = "[('leg_ids.extension', '=', '102')]"
        call = self._answered_call()
        self.assertFalse(call.category_id)
        bob = {"call": "c1", "leg": "c1-102", "extension": "102", "event": "ringing"}
        self._send_events(bob | {"at": f"{AT}01Z"})
        self.assertEqual(call.category_id, self.supplier)

    def test_a_condition_on_a_computed_field_looks_at_what_it_is_computed_from(self):
        rules = self.env["call.rule"]
        for field, looked_at in {
            "call_type": {"call_type", "direction", "state", "outcome"},
            "to_call_back": {"to_call_back", "state", "remote_number"},
            "partner_id.name": {"partner_id"},
        }.items():
            rule = rules.create({"name": field, "domain": f"[('{field}', '!=', False)]"})
            with self.subTest(field):
                found = rules._get_looked_at(rule._get_domain())
                self.assertLessEqual(looked_at, found)
                self.assertNotIn("category_id", found)

    def test_a_rule_that_waits_for_another_one_follows_it(self):
        """The second looks at what the first one sets."""
        self.rule.domain = "[('talk_seconds', '<', 50)]"
        self.env["call.rule"].create(
            {
                "name": "Then",
                "sequence": 20,
                "domain": f"[('category_id', '=', {self.supplier.id})]",
                "department_id": self.sales.id,
            }
        )
        self.employee_alice.department_id = False
        call = self._answered_call()
        self.assertFalse(call.category_id or call.department_id)
        self._send_events({"call": "c1", "event": "ended", "at": f"{AT}40Z"})
        self.assertEqual((call.category_id, call.department_id), (self.supplier, self.sales))
        self._send_late()
        self.assertEqual((call.category_id, call.department_id), (self.supplier, self.sales))

    def test_a_category_that_logs_time_from_now_on_logs_none_of_past_calls(self):
        call = self._answered_call()
        self.assertFalse(call.sudo().timesheet_ids)
        with self._changes_leave_alone(call):
            self.supplier.make_timesheet = True
        later = self._answered_call("c2", start="2026-11-23T11:00:00")
        self.assertEqual(len(later.sudo().timesheet_ids), 1)

    def test_a_correction_by_hand_asks_only_the_rules_that_look_at_it(self):
        call = self._answered_call()
        self.rule.write({"category_id": self.sales_category.id})
        call.with_user(self.alice).talk_seconds = 30
        self.assertEqual(call.category_id, self.supplier)
        call.with_user(self.alice).partner_id = self._create_contact("Jane Roe")
        self.assertEqual(call.category_id, self.sales_category)

    def test_a_call_that_goes_on_is_sorted_by_the_rules_of_now(self):
        self._send_events({"call": "c1", "event": "ringing", "from": NUMBER})
        self.rule.category_id = self.sales_category
        self._send_events({"call": "c1", "event": "ended", "cause": "cancelled"})
        self.assertEqual(self._call("c1").category_id, self.sales_category)


@tagged("post_install", "-at_install")
class TestLateFacts(LateCommon):
    """What was recorded stays as it stood for the call, whatever is entered differently now."""

    def test_a_contact_whose_calls_are_private_from_now_on(self):
        call = self._answered_call()
        with self._changes_leave_alone(call):
            self.jane.calls_are_private = True
            self.assertIn(self.jane.id, self.jane._get_private_ids())
        self.assertTrue(self._log_call("c2", NUMBER).is_private)

    def test_a_prefix_of_private_calls(self):
        call = self._outgoing("+12025550199")
        with self._changes_leave_alone(call):
            self.pbx.private_prefix = "+1"

    def _outgoing(self, to, ref="c1"):
        phone = {"call": ref, "leg": f"{ref}-101", "extension": "101"}
        self._send_events(
            phone | {"event": "ringing", "direction": "outgoing", "to": to, "at": f"{AT}00Z"},
            phone | {"event": "answered", "at": f"{AT}05Z"},
            {"call": ref, "event": "ended", "at": f"{AT}55Z"},
        )
        return self._call(ref)

    def test_an_extension_that_is_removed_given_away_or_added(self):
        colleague, outside = self._outgoing("102"), self._outgoing("199", "c2")
        self.assertEqual((colleague.direction, outside.direction), ("internal", "outgoing"))
        self.assertEqual(colleague.partner_id, self.bob.partner_id)
        extension = self.env["call.extension"].search([("number", "=", "102")])
        with self._changes_leave_alone(colleague, outside):
            extension.user_id = self.dave
        with self._changes_leave_alone(colleague, outside):
            extension.unlink()
        with self._changes_leave_alone(colleague, outside):
            self._give_extension(self.pbx, self.bob, "199")
        colleague.event_ids.action_replay()
        self.assertEqual(colleague.direction, "internal")

    def test_the_first_event_of_a_call_may_come_after_its_extension_was_removed(self):
        extension = self.env["call.extension"].search([("number", "=", "102")])
        extension.unlink()
        call = self._outgoing("102")
        self.assertEqual((call.direction, call.partner_id), ("internal", self.bob.partner_id))
        self._send_events(
            {"call": "c2", "event": "ringing", "direction": "outgoing", "to": "102",
             "leg": "l", "extension": "101"}
        )  # fmt: skip
        self.assertEqual(self._call("c2").direction, "outgoing")

    def test_how_numbers_are_written(self):
        call = self._answered_call(**{"from": "03023125444", "to": "03023125610"})
        dialled = self._outgoing("003023125444", "c2")
        self.assertEqual((call.remote_number, call.line_id), ("+493023125444", self.line))
        with self._changes_leave_alone(call, dialled):
            self.pbx.country_id = self.env.ref("base.at")
        with self._changes_leave_alone(call, dialled):
            self.pbx.write({"outside_prefix": "0", "area_code": "30"})
        with self._changes_leave_alone(call, dialled):
            self.pbx.write({"feature_codes": "003023125xxx", "outside_prefix": False})
        self._send_events(
            {"call": "c1", "event": "joined", "with": "c9", "at": f"{AT}59Z"},
        )
        self.assertEqual(call.remote_number, "+493023125444")

    def test_the_number_of_a_party_outside(self):
        mobile = {"call": "c1", "leg": "m", "number": "03023125777"}
        self._send_events(mobile | {"event": "ringing", "at": f"{AT}01Z"})
        call = self._answered_call()
        self.assertIn("+493023125777", call.leg_ids.mapped("number"))
        with self._changes_leave_alone(call):
            self.pbx.country_id = self.env.ref("base.at")

    def test_the_department_and_the_person_of_the_own_number(self):
        self.line.write({"department_id": self.sales.id, "user_ids": [(6, 0, self.bob.ids)]})
        missed = self._log_call("c1", answered=False, extension="199")
        self.assertEqual((missed.user_id, missed.department_id), (self.bob, self.sales))
        self.line.write({"department_id": self.support.id, "user_ids": [(6, 0, self.dave.ids)]})
        phone = {"call": "c1", "leg": "c1-198", "extension": "198"}
        self._send_events(phone | {"event": "ringing", "at": f"{AT}02Z"})
        self.assertEqual((missed.user_id, missed.department_id), (self.bob, self.sales))
        self._send_events(
            {
                "call": "c1",
                "leg": "c1-104",
                "extension": "104",
                "event": "answered",
                "at": f"{AT}03Z",
            }
        )
        self.assertEqual((missed.user_id, missed.department_id), (self.dave, self.sales))

    def test_the_deadline_of_a_callback(self):
        callback = self._log_call("c1", answered=False).callback_id
        due = callback.date_due
        self.company.call_callback_hours += 5
        self._log_call("c2", answered=False, at="2026-11-23T10:30:00Z")
        self.assertEqual((callback.missed_count, callback.date_due), (2, due))
        self._log_call("c3", answered=False, at="2026-11-23T09:00:00Z")
        self.assertLess(
            callback.date_first, fields.Datetime.to_datetime(f"{AT}00".replace("T", " "))
        )
        self.assertNotEqual(callback.date_due, due)

    def test_the_company_of_the_telephone_system(self):
        call = self._answered_call(to=OTHER_NUMBER)
        sister = self.env["res.company"].create({"name": "Sister"})
        with self._changes_leave_alone(call):
            self.pbx.company_id = sister


@tagged("post_install", "-at_install")
class TestEmployeesOfPhones(LateCommon):
    """The time of a call belongs to the employees who spoke, whatever user they have now."""

    def _without_jobs(self, action):
        """Let something happen before the time is logged."""
        run, self._run_pending_jobs = self._run_pending_jobs, lambda: None
        try:
            return action()
        finally:
            self._run_pending_jobs = run

    def test_the_time_of_a_transferred_call_stays_with_the_employees(self):
        call = self._without_jobs(self._transferred_call)
        self.assertEqual(call.leg_ids.employee_id, self.employee_alice | self.employee_bob)
        self._swap_users()
        self._run_pending_jobs()
        self.assertEqual(self._minutes(call), {"alice": 2, "bob": 3})
        self._send_late("t1")
        self.assertEqual(self._minutes(call), {"alice": 2, "bob": 3})

    def test_a_swap_while_the_phones_ring_changes_nothing(self):
        phones = [{"call": "c", "leg": f"c-{ext}", "extension": ext} for ext in ("101", "102")]
        first = {"direction": "incoming", "from": NUMBER, "to": self.line.number}
        self._send_events(
            *(phone | first | {"event": "ringing", "at": f"{AT}00Z"} for phone in phones)
        )
        self._swap_users()
        self._send_events(
            phones[1] | {"event": "answered", "at": f"{AT}00Z"},
            {"call": "c", "event": "ended", "at": "2026-11-23T10:01:00Z"},
        )
        self._run_pending_jobs()
        call = self._call("c")
        self.assertEqual((call.user_id, call.employee_id), (self.bob, self.employee_bob))
        self.assertEqual(self._minutes(call), {"bob": 1})

    def test_an_employee_who_becomes_a_user_keeps_the_time(self):
        driver = self.env["hr.employee"].create({"name": "driver", "company_id": self.company.id})
        self.env["call.extension"].search([("number", "=", "101")]).write(
            {"user_id": False, "employee_id": driver.id}
        )
        phone = {"leg": "c1-101", "extension": "101", "call": "c1"}
        start = fields.Datetime.now().isoformat()
        self._send_events(
            phone | {"event": "ringing", "from": NUMBER, "to": self.line.number,
                     "direction": "incoming", "at": f"{start}Z"},
            phone | {"event": "answered", "at": f"{start}Z"},
        )  # fmt: skip
        driver.user_id = self.admin.copy({"login": "driver"})
        self._send_events({"call": "c1", "event": "ended", "at": self._later(start, 120)})
        self._run_pending_jobs()
        call = self._call("c1")
        self.assertEqual((call.leg_ids.employee_id, call.employee_id), (driver, driver))
        self.assertEqual(self._minutes(call), {"driver": 2})

    def test_a_user_who_becomes_an_employee_gets_the_time_and_keeps_it(self):
        self.employee_alice.user_id = False
        call = self._answered_call(seconds=180)
        self.assertFalse(call.leg_ids.employee_id or call.sudo().timesheet_ids)
        new = self.env["hr.employee"].create(
            {"name": "new", "user_id": self.alice.id, "company_id": self.company.id}
        )
        call.with_user(self.boss).action_log_time()
        self.assertEqual(call.leg_ids.employee_id, new)
        new.user_id = False
        self.env.flush_all()
        self.employee_alice.user_id = self.alice
        self._send_events({"call": "c1", "event": "ended", "at": "2026-11-23T10:02:00Z"})
        self._run_pending_jobs()
        self.assertFalse(call.job_error)
        self.assertEqual(self._minutes(call), {"new": 2})
