import base64
import json

from odoo import Command, models
from odoo.tests import tagged

from odoo.addons.call_handling.tests.common import CallCommon

NUMBER = "+12025550142"
SECRETS = ("Zaphod", "5550142", "Beeblebrox", "improbability")


@tagged("post_install", "-at_install")
class TestPrivateFields(CallCommon):
    """Fields of other addons and of Studio are private, too."""

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
        cls.zaphod = cls._create_contact("Zaphod Beeblebrox", NUMBER)
        cls.topic = cls.env["call.category"].create({"name": "Travel"})

    def _log_edited_call(self, ref="c1"):
        call = self._log_call(ref, NUMBER, from_name="Zaphod Beeblebrox")
        call.with_user(self.alice).write(
            {
                "summary": "Wants an improbability drive",
                "test_note": "Zaphod again",
                "test_urgency": "high",
                "test_guess": "Zaphod, certainly",
                "test_topic_ids": [Command.set(self.topic.ids)],
                "test_visit_ids": [Command.create({"name": "Zaphod comes on Monday"})],
                "test_price": 42,
                "test_recording": base64.b64encode(b"Zaphod speaks"),
                "test_weather": "sunny",
                "x_remark": "Ask for Beeblebrox",
            }
        )
        call.leg_ids.test_heard = "Zaphod"
        self.env.flush_all()
        return call

    def _make_private(self, call):
        call.date_end = self.env.cr.now()
        super()._make_private(call.with_user(self.alice))
        self.env.flush_all()
        self.env.invalidate_all()

    def test_every_field_gets_the_value_of_a_new_call_with_the_kept_fields(self):
        call = self._log_edited_call()
        self._make_private(call)
        self.assertTrue(call.is_private)
        kept = set(call._get_fields_with("when_private"))
        values = {n: call._fields[n].convert_to_write(call[n], call) for n in kept}
        values = {n: value for n, value in values.items() if n not in ("pbx_ref", "event_ids")}
        new = call.create(values | {"pbx_ref": "a new call"})
        ignored = {*models.MAGIC_COLUMNS, *kept, "display_name"}
        for name, field in call._fields.items():
            if field.store and name not in ignored:
                with self.subTest(name):
                    self.assertEqual(call[name], new[name])

    def test_the_fields_of_the_addon_are_reset(self):
        call = self._log_edited_call()
        visits = call.test_visit_ids
        self._make_private(call)
        self.assertRecordValues(
            call,
            [
                {
                    "test_note": False,
                    "test_urgency": "normal",
                    "test_caller": "•••42: False",
                    "test_guess": "Perhaps False",
                    "test_contact_name": False,
                    "test_topic_ids": [],
                    "test_visit_ids": [],
                    "test_price": 0,
                    "test_recording": False,
                    "test_weather": "sunny",
                    "x_remark": False,
                }
            ],
        )
        self.assertFalse(visits.exists())
        self.assertTrue(self.topic.exists())

    def test_no_price_remains_in_any_company(self):
        other = self.env["res.company"].create({"name": "Other"})
        self.env["ir.default"].set("call.call", "test_price", 7, company_id=other.id)
        call = self._log_edited_call()
        call.with_company(other).test_price = 43
        self._make_private(call)
        self.assertEqual(call.test_price, 0)
        self.assertEqual(call.with_company(other).test_price, 7)

    def test_archived_records_do_not_remain_linked(self):
        call = self._log_edited_call()
        self.topic.active = False
        self._make_private(call)
        self.assertFalse(call.with_context(active_test=False).test_topic_ids)

    def test_nothing_about_the_caller_remains_in_the_tables(self):
        call = self._log_edited_call()
        self._make_private(call)
        for table in ("call_call", "call_leg", "call_test_visit", "call_event", "ir_attachment"):
            self.env.cr.execute(f"SELECT row_to_json(t)::text FROM {table} t")
            for (row,) in self.env.cr.fetchall():
                found = [secret for secret in SECRETS if secret in row]
                self.assertFalse(found, f"{table}: {json.loads(row)}")

    def test_later_events_bring_nothing_back(self):
        call = self._log_edited_call()
        self._make_private(call)
        before = call.read(["test_note", "test_caller", "test_guess", "test_steps"])
        self._send_events(
            {"call": "c1", "leg": "c1-102", "extension": "102", "event": "ringing",
             "from_name": "Zaphod", "from": NUMBER}
        )  # fmt: skip
        self.assertEqual(
            call.read(["test_note", "test_caller", "test_guess", "test_steps"]), before
        )
