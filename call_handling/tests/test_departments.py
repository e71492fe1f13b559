from odoo import Command
from odoo.tests import tagged

from .common import CallCommon

LINE = "+493023125620"


@tagged("post_install", "-at_install")
class TestDepartments(CallCommon):
    """A call stays in sight of the department that it was recorded with, and comes into that of
    the department of whoever has it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.lead_of_sales = cls._create_user("lead_of_sales", "department", cls.sales, False)
        cls.marketing = cls.env["hr.department"].create(
            {"name": "Marketing", "company_id": cls.company.id}
        )
        cls.lead_of_marketing = cls._create_user(
            "lead_of_marketing", "department", cls.marketing, False
        )
        cls.leads = (cls.lead, cls.lead_of_sales, cls.lead_of_marketing)
        cls.env["call.line"].create(
            {"name": "Support", "number": LINE, "department_id": cls.support.id}
            | {"user_ids": [Command.set((cls.alice + cls.bob).ids)]}
        )
        cls.call = cls._log_call("c1", extension="999", answered=False, line=LINE)
        cls.call.message_post(body="A note in the chatter")
        cls.env["call.note"].create({"call_id": cls.call.id, "body": "<p>A note</p>"})

    def _assert_seen_by(self, *leads):
        """Check who sees the call with everything that belongs to it."""
        self.env.flush_all()
        self.env.invalidate_all()
        for record in (self.call, self.call.leg_ids, self.call.note_ids, self.call.callback_id):
            for lead in self.leads:
                with self.subTest(model=record._name, lead=lead.login):
                    self.assertTrue(record)
                    found = record.with_user(lead).search([("id", "in", record.ids)])
                    self.assertEqual(bool(found), lead in leads)
                    self.assertEqual(record.with_user(lead).has_access("read"), lead in leads)

    def test_a_missed_call_of_a_group_is_of_its_department(self):
        self.assertEqual(self.call.department_id, self.support)
        self._assert_seen_by(self.lead)

    def test_assigned_to_another_department_both_see_it(self):
        self.call.with_user(self.lead).user_id = self.dave
        self.assertEqual(self.call.department_id, self.support)
        self._assert_seen_by(self.lead, self.lead_of_sales)

    def test_whoever_takes_it_takes_it_from_nobody(self):
        self.call.with_user(self.boss).user_id = self.dave
        self.call.with_user(self.dave).user_id = self.alice
        self._assert_seen_by(self.lead)

    def test_assigned_to_a_department_and_on_to_another_one(self):
        self.call.with_user(self.lead).user_id = self.dave
        self.call.with_user(self.lead_of_sales).user_id = self.lead_of_marketing
        self._assert_seen_by(self.lead, self.lead_of_marketing)

    def test_assigned_to_nobody(self):
        self.call.with_user(self.lead).user_id = self.dave
        self.call.with_user(self.lead).user_id = False
        self._assert_seen_by(self.lead)

    def test_the_department_is_moved_by_hand_only(self):
        self.call.with_user(self.lead).department_id = self.marketing
        self._assert_seen_by(self.lead_of_marketing)
        self.call.with_user(self.lead_of_marketing).user_id = self.dave
        self.assertEqual(self.call.department_id, self.marketing)
        self._assert_seen_by(self.lead_of_marketing, self.lead_of_sales)

    def test_a_call_without_a_department_gets_that_of_whoever_takes_it(self):
        self.call = self._log_call("c2", "+12025550143", extension="998", answered=False)
        self.assertFalse(self.call.department_id)
        self.call.note_ids = [Command.create({"body": "<p>A note</p>"})]
        self.call.with_user(self.boss).user_id = self.dave
        self.assertEqual(self.call.department_id, self.sales)
        self._assert_seen_by(self.lead_of_sales)

    def test_whose_phone_answered_a_number_of_another_department(self):
        phone = {"leg": "c3-104", "extension": "104"}
        self._send_events(
            {"call": "c3", "event": "ringing", "direction": "incoming", "from": "+12025550142",
             "line": LINE, "at": "2026-11-23T10:00:00Z"} | phone,
            {"call": "c3", "event": "answered", "at": "2026-11-23T10:00:05Z"} | phone,
            {"call": "c3", "event": "ended", "at": "2026-11-23T10:01:05Z"},
        )  # fmt: skip
        call = self._call("c3")
        self.assertEqual((call.user_id, call.department_id), (self.dave, self.support))
        for lead, sees in zip(self.leads, (True, True, False), strict=True):
            self.assertEqual(call.with_user(lead).has_access("read"), sees)

    def test_a_person_who_changes_the_department_takes_no_calls_along(self):
        self.call.with_user(self.lead).user_id = self.dave
        self.env.flush_all()  # the end of the request
        self.dave.employee_id.department_id = self.marketing
        self._log_call("c1", extension="999", answered=False, line=LINE)
        self.call.with_user(self.lead).summary = "Waits"
        self._assert_seen_by(self.lead, self.lead_of_sales)

    def test_a_call_logged_by_hand_is_of_whoever_it_is_logged_for(self):
        call = self.env["call.call"].with_user(self.boss).create({"user_id": self.dave.id})
        self.assertEqual(call.department_id, self.sales)
        self.assertFalse(call.person_department_id)

    def test_a_private_call_is_of_no_department(self):
        self.company.call_private_hours = 10**6
        call = self._log_call("c4", extension="104")
        call.with_user(self.boss).user_id = self.alice
        self._make_private(call.with_user(self.dave))
        self.assertFalse(call.person_department_id)
        for lead in self.leads:
            self.assertFalse(call.with_user(lead).has_access("read"))
