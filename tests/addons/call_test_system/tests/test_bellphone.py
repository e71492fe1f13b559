from lxml import etree

from odoo.tests import Form, tagged

from odoo.addons.call_handling.tests.common import CallHttpCommon

RINGING = {
    "call": "c1", "leg": "c1-101", "event": "ringing", "direction": "incoming",
    "from": "+12025550142", "to": "+493023125610", "extension": "101",
}  # fmt: skip


@tagged("post_install", "-at_install")
class TestBellphone(CallHttpCommon):
    """An addon adds a telephone system, and a step to the intake."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.bell = cls._create_pbx("bellphone", token="bells", bell_tenant="harbour")
        cls._give_extension(cls.bell, cls.alice, "101")

    def test_its_calls_are_logged(self):
        answer = self._post(RINGING, token="bells")
        self.assertEqual(answer.status_code, 200, answer.text)
        call = self._call("c1", pbx=self.bell)
        self.assertRecordValues(
            call, [{"state": "ringing", "queue": "harbour", "user_id": self.alice.id}]
        )

    def test_the_form_has_its_fields_and_steps(self):
        form = Form(self.env["call.pbx"].with_user(self.admin))
        form.name = "Head office"
        form.adapter = "bellphone"
        form.bell_tenant = "harbour"
        form.new_api_secret = "of brass"
        pbx = form.save()
        self.assertEqual(pbx.bell_tenant, "harbour")
        self.assertTrue(pbx.has_api_secret)
        arch = self.env["call.pbx"].with_user(self.admin).get_view(view_type="form")["arch"]
        tree = etree.fromstring(arch)
        labels = {node.get("string") for node in tree.iter("field", "label")}
        self.assertLessEqual({"Tenant", "Door Key"}, labels)
        self.assertIn("Ring the bell twice.", tree.xpath("string(//div[@name='steps'])"))

    def test_two_addons_extend_the_same_step(self):
        self._send_events(RINGING, pbx=self.bell)
        call = self._call("c1", pbx=self.bell)
        self.assertEqual((call.test_steps, call.test_bells), ("fields ", "system "))
        self._send_events(RINGING | {"event": "answered"}, pbx=self.bell)
        call = self._call("c1", pbx=self.bell)
        self.assertEqual(call.test_steps, "fields fields ")
        self.assertEqual(call.test_bells, "system system ")
        self.assertEqual(call.user_id, self.alice)
