from odoo import Command, fields
from odoo.tests import tagged

from odoo.addons.call_handling.tests.common import CallCommon

RINGING = {
    "call": "c1", "leg": "c1-101", "event": "ringing", "direction": "incoming",
    "from": "+12025550142", "to": "+493023125610", "extension": "101",
}  # fmt: skip


@tagged("post_install", "-at_install")
class TestCardFields(CallCommon):
    """The card shows fields with the ``card`` attribute, also those of other addons."""

    def setUp(self):
        super().setUp()
        self._send_events(RINGING)
        self.call = self._call("c1")

    def _facts(self, user):
        [card] = self.env["call.call"].with_user(user).get_cards()
        return [(fact["label"], fact["value"]) for fact in card["facts"]]

    def test_the_card_shows_label_and_value(self):
        self.assertEqual(self._facts(self.alice), [("Weather", "unknown")])
        self.call.test_visit_ids = [Command.create({"name": "Monday"})]
        self.assertEqual(self._facts(self.alice), [("Weather", "unknown"), ("Visits", "1")])

    def test_only_those_who_may_see_a_field_see_it_on_the_card(self):
        self.call.test_margin = 0.5
        self._give_extension(self.pbx, self.admin, "106")
        self._send_events(RINGING | {"leg": "c1-106", "extension": "106"})
        self.assertNotIn("Margin", dict(self._facts(self.alice)))
        self.assertEqual(dict(self._facts(self.admin))["Margin"], "0.5")

    def test_a_change_of_the_field_updates_the_card(self):
        messages = self.env["bus.bus"].search([])
        self.env["res.users"]._get_card_channels()
        self.call.date_start = fields.Datetime.now()
        self.call.with_user(self.alice).test_weather = "sunny"
        self.env.cr.precommit.run()
        news = self.env["bus.bus"].search([]) - messages
        self.assertIn(f'"call_id":{self.call.id}', "".join(news.mapped("message")))
        self.assertEqual(self._facts(self.alice), [("Weather", "sunny")])
