from odoo import fields
from odoo.tests import HttpCase, tagged

from .common import CallCommon


@tagged("post_install", "-at_install")
class TestTours(CallCommon, HttpCase):
    """Tours in a browser, from the ringing phone to the list of calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.demo = cls._create_pbx("demo", token="simulated")
        cls._give_extension(cls.demo, cls.alice, "201")
        cls.env["call.line"].create({"name": "Sales hotline", "number": "+493023125610"})
        company = cls._create_contact("Nordwind AG", is_company=True)
        cls.jane = cls._create_contact("Jane Roe", "+12025550142", parent_id=company.id)

    def _calls(self):
        return self.env["call.call"].search([("pbx_id", "=", self.demo.id)])

    def test_a_call_from_ringing_to_the_summary_in_the_list(self):
        self.start_tour("/odoo/calls", "call_handling_card", login="alice")
        call = self._calls()
        self.assertRecordValues(
            call, [{"state": "ended", "outcome": "answered", "summary": "Wants an offer"}]
        )
        self.assertIn("Ten chairs, until Friday", call.note_ids.body)
        self.assertEqual(call.note_ids.user_id, self.alice)
        self.assertTrue(call.leg_ids.card_closed)

    def test_a_click_on_a_number_creates_a_call_linked_to_its_record(self):
        path = f"/odoo/res.partner/{self.jane.id}"
        self.start_tour(path, "call_handling_dial", login="alice")
        self.assertRecordValues(
            self._calls(),
            [
                {
                    "direction": "outgoing",
                    "state": "ongoing",
                    "remote_number": "+12025550142",
                    "user_id": self.alice.id,
                    "partner_id": self.jane.id,
                    "res_model": "res.partner",
                    "res_id": self.jane.id,
                    "summary": "Asked about the offer",
                }
            ],
        )

    def test_a_call_is_held_and_transferred_from_the_card_and_remains_one_call(self):
        self._give_extension(self.demo, self.bob, "202")
        self.start_tour("/odoo/calls", "call_handling_control", login="alice")
        call = self._calls()
        self.assertRecordValues(call, [{"state": "ongoing", "summary": "Wants to speak with Bob"}])
        self.assertRecordValues(
            call.leg_ids.sorted("id"),
            [
                {"user_id": self.alice.id, "outcome": "transferred"},
                {"user_id": self.bob.id, "outcome": False},
            ],
        )
        self.start_tour("/odoo/calls", "call_handling_transferred", login="bob")
        self.assertRecordValues(self._calls(), [{"id": call.id, "state": "ended"}])

    def test_a_call_is_made_private_on_the_card_after_one_dialog(self):
        self.start_tour("/odoo/calls", "call_handling_private", login="alice")
        self.assertRecordValues(self._calls(), [{"is_private": True, "summary": False}])

    def test_a_number_is_proposed_as_unwanted_on_the_card_and_confirmed_by_a_lead(self):
        self.jane.phone = False
        self.start_tour("/odoo/calls", "call_handling_unwanted", login="alice")
        self.assertFalse(self._calls().is_blocked)
        self.start_tour("/odoo/calls", "call_handling_decide", login="lead")
        self.assertTrue(self._calls().is_blocked)
        proposal = self.env["call.proposal"].search([])
        self.assertRecordValues(
            proposal, [{"state": "confirmed", "decided_by_id": self.lead.id, "kind": "unwanted"}]
        )

    def test_the_health_page_leads_from_the_traffic_light_to_what_is_wrong(self):
        self.pbx.name = "Office"
        self.env["call.delivery"].create(
            {"pbx_id": self.pbx.id, "date": fields.Datetime.now(), "status": 403}
            | {"reason": "unsigned", "request_count": 10}
        )
        login = self.admin.login
        self.start_tour("/odoo/telephone-health", "call_handling_health", login=login)

    def test_a_call_is_logged_by_hand_from_its_contact(self):
        self.start_tour(f"/odoo/res.partner/{self.jane.id}", "call_handling_log", login="alice")
        call = self.env["call.call"].search([("partner_id", "=", self.jane.id)])
        self.assertRecordValues(call, [{"summary": "Asked for an offer", "talk_seconds": 180}])
        self.assertIn("Ten chairs", call.note_ids.body)
