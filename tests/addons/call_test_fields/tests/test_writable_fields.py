from datetime import datetime

from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.call_handling.tests.common import CallCommon

END = datetime(2026, 11, 24, 9)


@tagged("post_install", "-at_install")
class TestWritableFields(CallCommon):
    """Fields of other addons follow their own attributes, and ours stay ours."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.call = cls._log_call()
        cls.own = cls.call.with_user(cls.alice)

    def _studio_field(self, **values):
        model_id = self.env["ir.model"]._get_id("call.call")
        self.env["ir.model.fields"].create(
            {"name": "x_topic", "ttype": "char", "model_id": model_id, "state": "manual"} | values
        )

    def test_fields_of_another_addon_and_of_studio_are_written_as_they_say(self):
        self._studio_field()
        self.own.write({"test_note": "x", "test_weather": "sunny", "x_topic": "holidays"})
        self.assertEqual((self.call.test_note, self.call.x_topic), ("x", "holidays"))
        self.own.write({"test_visit_ids": [(0, 0, {"name": "Monday"})]})
        self.assertEqual(self.call.test_visit_ids.name, "Monday")
        calls = self.env["call.call"].with_user(self.alice).with_context(default_test_note="y")
        self.assertEqual(calls.create({"remote_number": "+12025550199"}).test_note, "y")
        with self.assertRaises(AccessError):
            self.own.test_margin = 0.5  # for administrators only

    def test_a_field_of_ours_that_another_addon_changes_remains_ours(self):
        field = self.call._fields["is_blocked"]
        self.assertEqual(field.help, "Changed by another addon.")
        with self.assertRaises(AccessError):
            self.own.is_blocked = True

    def test_another_addon_may_open_a_field_of_ours_or_restrict_its_own(self):
        self.own.job_error = "Opened by another addon."
        with self.assertRaises(AccessError):
            self.own.test_approval = "yes"
        self.call.with_user(self.admin).test_approval = "yes"

    def test_a_field_that_leads_to_a_closed_one_does_not_open_it(self):
        visits = self.env["call.test.visit"].with_user(self.alice)
        visit = visits.create({"name": "Monday", "call_id": self.call.id})
        visit.call_summary = "Asked for an offer."
        self.assertEqual(self.call.summary, "Asked for an offer.")
        with self.assertRaises(AccessError):
            visit.call_end = END
        with self.assertRaises(AccessError):
            visits.create({"name": "x", "call_id": self.call.id, "call_end": END})
        self.assertNotEqual(self.call.date_end, END)
