import random
from ast import literal_eval
from datetime import datetime, timedelta, timezone

from freezegun import freeze_time
from hypothesis import given, settings
from hypothesis import strategies as st

from odoo.modules.migration import load_script
from odoo.tests import Form, new_test_user, tagged
from odoo.tools import file_path

from .common_time import CallTimeCommon

LEFT = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)
BEFORE, AFTER = LEFT - timedelta(hours=1), LEFT + timedelta(hours=1)
BACK = LEFT + timedelta(days=1)


@tagged("post_install", "-at_install")
class TestPeopleWhoLeave(CallTimeCommon):
    """Who is archived keeps all calls so far, and gets no new ones."""

    @classmethod
    def setUpClass(cls):
        with freeze_time(LEFT - timedelta(days=30)):
            super().setUpClass()
        cls.admin.group_ids += cls.env.ref("base.group_erp_manager")
        cls.direct = cls.env["call.line"].create(
            {"name": "Alice", "number": "+493023125611", "user_ids": [(6, 0, cls.alice.ids)]}
        )

    def _archive(self, person, at=LEFT, **context):
        """Archive somebody as the administrator does with the button; return what it opens."""
        with freeze_time(at):
            return person.with_user(self.admin).with_context(**context).action_archive()

    def _events(self, ref, start, answered=True, number="+12025550142", to="+493023125610"):
        phone = {"leg": f"{ref}-101", "extension": "101"}
        at = [(start + timedelta(seconds=second)).isoformat() for second in (0, 5, 65)]
        ringing = {"call": ref, "event": "ringing", "direction": "incoming", "from": number}
        events = [ringing | phone | {"to": to, "line": to, "at": at[0]}]
        if answered:
            events.append({"call": ref, "event": "answered", "at": at[1]} | phone)
        cause = "normal" if answered else "no_answer"
        return [*events, {"call": ref, "event": "ended", "cause": cause, "at": at[2]}]

    def _log(self, ref, start, **values):
        self._send_events(*self._events(ref, start, **values))
        self._run_pending_jobs()
        return self._call(ref)

    # --- without an answer -----------------------------------------------------------

    def test_calls_that_start_later_are_nobodys(self):
        before = self._log("c1", BEFORE)
        self._archive(self.alice)
        after = self._log("c2", AFTER)
        self.assertEqual((before.user_id, before.leg_ids.user_id), (self.alice, self.alice))
        self.assertEqual(self._minutes(before), {"alice": 1})
        self.assertFalse(after.user_id or after.employee_id or after.leg_ids.user_id)
        self.assertFalse(after.timesheet_ids)

    def test_nobodys_calls_are_found_by_the_filter(self):
        self._log("c1", BEFORE)
        self._archive(self.alice)
        after = self._log("c2", AFTER)
        arch = self.env.ref("call_handling.call_call_view_search")._get_combined_arch()
        domain = literal_eval(arch.find(".//filter[@name='nobodys']").get("domain"))
        self.assertEqual(self.env["call.call"].with_user(self.boss).search(domain), after)

    def test_the_lead_of_the_department_sees_nobodys_calls_and_who_waits(self):
        self._archive(self.alice)
        answered = self._log("c1", AFTER)
        missed = self._log("c2", AFTER, answered=False, number="+12025550143")
        self.assertFalse((answered + missed).user_id)
        self.assertEqual((answered + missed).department_id, self.support)
        visible = self.env["call.call"].with_user(self.lead).search([])
        self.assertEqual(visible, answered + missed)
        waiting = self.env["call.callback"].with_user(self.lead).search([("user_ids", "=", False)])
        self.assertEqual(waiting, missed.callback_id)
        self.assertFalse(self.env["call.call"].with_user(self.dave).search([]))

    def test_a_write_ends_it_as_the_button_does(self):
        with freeze_time(LEFT):
            self.alice.with_user(self.admin).write({"active": False})
        self.assertEqual(self._log("c1", BEFORE).user_id, self.alice)
        self.assertFalse(self._log("c2", AFTER).user_id)

    @settings(max_examples=15, deadline=None)
    @given(seed=st.integers(0, 2**32))
    def test_the_order_in_which_events_and_the_archiving_come_does_not_matter(self, seed):
        chance = random.Random(seed)
        ref = f"order-{seed}-{chance.random()}"
        with self.env.cr.savepoint() as savepoint:
            events = self._events(f"{ref}-1", BEFORE)
            chance.shuffle(events)
            place = chance.randrange(len(events) + 1)
            late = [*events[place:], *self._events(f"{ref}-2", AFTER)]
            chance.shuffle(late)
            for event in events[:place]:
                self._send_events(event)
            self._archive(self.alice)
            for event in late:
                self._send_events(event)
            self.env.flush_all()
            self.assertEqual(self._call(f"{ref}-1").user_id, self.alice)
            self.assertFalse(self._call(f"{ref}-2").user_id)
            savepoint.rollback()
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def test_a_missed_call_of_before_whose_events_come_late_waits_for_nobody(self):
        self._archive(self.alice)
        call = self._log("c1", BEFORE, answered=False)
        self.assertEqual(call.user_id, self.alice)
        self.assertFalse(call.callback_id.user_ids)

    def test_open_callbacks_become_unassigned_and_closed_ones_stay(self):
        line = {"to": self.direct.number}
        closed = self._log("c0", BEFORE, answered=False, number="+12025550143", **line).callback_id
        closed.with_user(self.alice)._drop("Wrong number")
        waiting = self._log("c1", BEFORE, answered=False, **line).callback_id
        self.assertEqual(waiting.user_ids, self.alice)
        taken = self._log("c2", BEFORE, answered=False, number="+12025550144").callback_id
        taken.with_user(self.lead).user_ids = self.alice + self.bob
        self._archive(self.alice)
        self.env.invalidate_all()
        self.assertFalse(waiting.with_context(active_test=False).user_ids)
        self.assertEqual(taken.with_context(active_test=False).user_ids, self.bob)
        self.assertEqual(closed.with_context(active_test=False).user_ids, self.alice)
        unassigned = [("state", "=", "open"), ("user_ids", "=", False)]
        self.assertEqual(self.env["call.callback"].with_user(self.boss).search(unassigned), waiting)

    def test_missed_calls_of_the_own_number_wait_for_nobody(self):
        self._archive(self.alice)
        call = self._log("c1", AFTER, answered=False, to=self.direct.number)
        self.assertFalse(call.user_id or call.callback_id.user_ids)

    def test_a_contact_whose_salesperson_has_left_waits_for_others(self):
        self._create_contact("Jane", "+12025550142", user_id=self.dave.id)
        self._archive(self.dave)
        call = self._log("c1", AFTER, answered=False)
        self.assertEqual(call.callback_id.user_ids, self.alice)

    def test_who_returns_gets_new_calls_again(self):
        self._archive(self.alice)
        with freeze_time(BACK):
            self.alice.with_user(self.admin).action_unarchive()
        self.assertEqual(self._log("c1", BEFORE).user_id, self.alice)
        self.assertFalse(self._log("c2", AFTER).user_id)
        self.assertEqual(self._log("c3", BACK + timedelta(hours=1)).user_id, self.alice)

    def test_the_phone_of_an_employee_without_a_user(self):
        driver = self.env["hr.employee"].create({"name": "D", "company_id": self.company.id})
        with freeze_time(LEFT - timedelta(days=20)):
            phone = self.env["call.extension"].create(
                {"pbx_id": self.pbx.id, "number": "160", "employee_id": driver.id}
            )
        with freeze_time(LEFT):
            driver.write({"active": False})
        self.assertTrue(phone.is_left)
        register = self.env["call.peer"]._get_register(self.pbx.id)
        self.assertEqual(register.find_owner("160", BEFORE).employee_id, driver.id)
        self.assertFalse(register.find_owner("160", AFTER).employee_id)

    def test_the_phone_of_an_employee_remains_if_only_the_user_is_archived(self):
        self.pbx.extension_ids.filtered(lambda phone: phone.number == "101").write(
            {"employee_id": self.employee_alice.id, "user_id": self.alice.id}
        )
        self._archive(self.alice)
        call = self._log("c1", AFTER)
        self.assertEqual((call.user_id.id, call.employee_id), (False, self.employee_alice))

    def test_who_had_left_before_an_upgrade_keeps_the_calls_and_gets_no_new_ones(self):
        self.env.flush_all()
        self.env.cr.execute("DELETE FROM call_peer_decision")
        self.env.cr.execute("UPDATE res_users SET active = FALSE WHERE id = %s", self.alice.ids)
        self.env.invalidate_all()
        self.env.registry.clear_cache()
        path = file_path("call_handling/migrations/19.0.2.0.0/post-migration.py")
        with freeze_time(LEFT):
            load_script(path, "post_migration").end_phones_of_people_who_left(self.env)
        self.assertEqual(self._log("c1", BEFORE).user_id, self.alice)
        self.assertFalse(self._log("c2", AFTER).user_id)

    # --- who takes over --------------------------------------------------------------

    def _handover(self, action):
        self.assertEqual((action["res_model"], action["target"]), ("call.handover", "new"))
        handover = self.env["call.handover"].with_user(self.admin).browse(action["res_id"])
        return Form(handover)

    def _apply(self, form, at=LEFT):
        with freeze_time(at):
            form.save().action_apply()
        self.env.invalidate_all()

    def test_the_button_asks_who_takes_over_everything(self):
        waiting = self._log("c1", BEFORE, answered=False, to=self.direct.number).callback_id
        form = self._handover(self._archive(self.alice))
        self.assertEqual(
            [line["name"] for line in form.line_ids._records],
            [
                "Extension 101 (Telephone system generic)",
                f"Own number: {self.direct.display_name}",
                "Open callbacks: 1",
            ],
        )
        form.successor_id = self.bob
        self._apply(form)
        self.assertEqual(self._log("c2", AFTER).user_id, self.bob)
        self.assertEqual(self._log("c3", BEFORE).user_id, self.alice)
        self.assertEqual(waiting.with_context(active_test=False).user_ids, self.bob)
        self.assertEqual(self.direct.with_context(active_test=False).user_ids, self.bob)

    def test_each_may_go_to_somebody_else_or_stay_with_nobody(self):
        form = self._handover(self._archive(self.alice))
        with form.line_ids.edit(0) as phone:
            phone.new_user_id = self.dave
        self._apply(form)
        self.assertEqual(self._log("c2", AFTER).user_id, self.dave)
        missed = self._log(
            "c3", AFTER, answered=False, to=self.direct.number, number="+12025550149"
        )
        self.assertNotIn(self.alice, missed.callback_id.with_context(active_test=False).user_ids)
        self.assertEqual(self.direct.with_context(active_test=False).user_ids, self.alice)

    def test_an_employee_without_a_user_can_take_over_the_phone(self):
        driver = self.env["hr.employee"].create({"name": "D", "company_id": self.company.id})
        form = self._handover(self._archive(self.alice))
        with form.line_ids.edit(0) as phone:
            phone.new_employee_id = driver
        self._apply(form)
        call = self._log("c2", AFTER)
        self.assertEqual((call.employee_id, call.user_id.id), (driver, False))

    def test_calls_that_come_before_the_handover_go_to_the_new_owner(self):
        form = self._handover(self._archive(self.alice))
        answered = self._log("c1", AFTER)
        missed = self._log("c2", AFTER, answered=False, number="+12025550143")
        direct = self._log(
            "c3", AFTER, answered=False, number="+12025550144", to=self.direct.number
        )
        calls = answered + missed + direct
        self.assertFalse(calls.user_id or calls.callback_id.user_ids)
        form.successor_id = self.bob
        self._apply(form, at=AFTER + timedelta(hours=1))
        self._run_scheduled_action("ir_cron_complete_calls")
        self.assertEqual(calls.mapped("user_id"), self.bob)
        self.assertEqual(set(calls.mapped("leg_ids.user_id")), {self.bob})
        self.assertEqual((missed + direct).callback_id.mapped("user_ids"), self.bob)
        self.assertEqual(self._log("c4", BEFORE).user_id, self.alice)
        self.assertEqual(self._log("c5", AFTER + timedelta(minutes=5)).user_id, self.bob)

    def test_nobody_is_asked_about_who_has_nothing(self):
        nobody = new_test_user(self.env, login="nobody", company_id=self.company.id)
        self.assertFalse(self._archive(nobody))

    def test_only_administrators_of_calls_are_asked(self):
        self.boss.group_ids += self.env.ref("base.group_erp_manager")
        self.assertFalse(self.alice.with_user(self.boss).action_archive())
        self.assertFalse(self.alice.active)

    def test_hr_registers_the_departure_and_is_asked_then(self):
        self.admin.group_ids += self.env.ref("hr.group_hr_manager")
        employee = self.employee_alice.sudo(False)
        departure = self._archive(employee)
        self.assertEqual(departure["res_model"], "hr.departure.wizard")
        wizard = self.env["hr.departure.wizard"].with_user(self.admin)
        wizard = wizard.with_context(active_ids=employee.ids).create({})
        form = self._handover(wizard.action_register_departure())
        form.successor_id = self.bob
        self._apply(form)
        self.assertEqual(self._log("c2", AFTER).user_id, self.bob)

    def test_hr_ends_an_employment_and_is_asked_after_the_notification(self):
        self.admin.group_ids += self.env.ref("hr.group_hr_manager")
        wizard = (
            self.env["hr.departure.wizard"]
            .with_user(self.admin)
            .with_context(active_ids=self.employee_alice.ids, employee_termination=True)
        )
        with freeze_time(LEFT):
            action = wizard.create({"remove_related_user": True}).action_register_departure()
        self.assertFalse(self.alice.active or self.employee_alice.active)
        self.assertEqual(action["tag"], "display_notification")
        self._handover(action["params"]["next"])

    def test_several_employees_are_archived_at_once(self):
        self.admin.group_ids += self.env.ref("hr.group_hr_manager")
        form = self._handover(self._archive((self.employee_alice + self.employee_bob).sudo(False)))
        self.assertEqual(
            {line["owner"] for line in form.line_ids._records}, {self.alice.name, self.bob.name}
        )
