import base64

from odoo import Command
from odoo.tests import tagged

from odoo.addons.call_handling.tests.common import CallCommon


@tagged("post_install", "-at_install")
class TestJoinedFields(CallCommon):
    """What other addons and Studio have on calls remains when several turn out to be one."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env["ir.model.fields"].create(
            {
                "name": "x_remark",
                "model_id": cls.env["ir.model"]._get_id("call.call"),
                "field_description": "Remark",
                "ttype": "char",
            }
        )
        cls.topics = cls.env["call.category"].create([{"name": "Travel"}, {"name": "Food"}])
        cls.one, cls.other = cls._log_call("a"), cls._log_call("b")

    def _write(self, call, **values):
        call.with_user(self.boss).write(values)

    def _join(self):
        self._send_events({"call": "b", "event": "joined", "with": "a"})
        self.assertEqual(self._call("b"), self.one)
        self.env.flush_all()
        self.env.invalidate_all()

    def test_values_of_other_addons_move_to_the_call_that_remains(self):
        recording = base64.b64encode(b"They speak")
        self._write(
            self.other,
            test_note="Later",
            test_urgency="high",
            test_topic_ids=[Command.set(self.topics.ids)],
            test_visit_ids=[Command.create({"name": "On Monday"})],
            test_price=42,
            test_recording=recording,
            test_weather="sunny",
            x_remark="Ask again",
        )
        self._write(self.one, test_topic_ids=[Command.set(self.topics[0].ids)])
        self._join()
        self.assertRecordValues(
            self.one,
            [
                {
                    "test_note": "Later",
                    "test_urgency": "high",
                    "test_price": 42,
                    "test_weather": "sunny",
                    "test_recording": recording,
                    "x_remark": "Ask again",
                    "test_topic_ids": self.topics.ids,
                    "test_visit_count": 1,
                }
            ],
        )
        self.assertEqual(self.one.test_visit_ids.name, "On Monday")

    def test_where_both_have_a_value_the_other_is_kept_in_a_note_or_file(self):
        self._write(self.one, test_note="One", test_recording=base64.b64encode(b"One"))
        self._write(self.other, test_note="Two", test_recording=base64.b64encode(b"Two"))
        self._join()
        self.assertEqual(self.one.test_note, "One")
        self.assertEqual(base64.b64decode(self.one.test_recording), b"One")
        self.assertIn("Two", str(self.one.message_ids[:1].body))
        files = self.env["ir.attachment"].search(
            [("res_model", "=", "call.call"), ("res_id", "=", self.one.id)]
        )
        self.assertEqual(files.raw, b"Two")
