from odoo.tests import tagged

from .test_card import BOB, ENDED, RINGING, CardCommon


@tagged("post_install", "-at_install")
class TestMenu(CardCommon):
    """The calls that the menu in the top bar lists."""

    def _menu(self, user):
        self.env.flush_all()
        self.env.invalidate_all()
        return self.env["call.call"].with_user(user).get_menu()

    def test_running_calls_can_be_opened_again(self):
        self._send_events(RINGING)
        self._call("c1").with_user(self.alice).action_close_card()
        [line] = self._menu(self.alice)["running"]
        self.assertEqual(line["id"], self._call("c1").id)
        self.assertFalse(self._menu(self.boss)["running"])

    def test_a_missed_call_is_listed_until_somebody_has_spoken_with_the_number(self):
        self._send_events(RINGING)
        self._send_events(ENDED | {"cause": "no_answer"})
        menu = self._menu(self.alice)
        self.assertEqual((menu["to_call_back_count"], len(menu["to_call_back"])), (1, 1))
        action = self.env["call.call"].with_user(self.alice).action_view_call_back()
        callback = self.env[action["res_model"]].search(action["domain"])
        self.assertEqual(callback.call_ids, self._call("c1"))
        again = RINGING | {"call": "c2", "leg": "c2-102", "extension": "102"}
        self._send_events(again, again | {"event": "answered"}, ENDED | {"call": "c2"})
        self.assertFalse(self._menu(self.alice)["to_call_back_count"])

    def test_a_missed_call_of_a_ring_group_is_listed_for_all_its_users(self):
        self._send_events(RINGING, RINGING | BOB)
        self._send_events(ENDED | {"cause": "cancelled"})
        for user, count in ((self.alice, 1), (self.bob, 1), (self.dave, 0), (self.boss, 0)):
            self.assertEqual(self._menu(user)["to_call_back_count"], count)

    def test_a_callback_is_listed_for_its_user_even_if_their_phone_did_not_ring(self):
        self._create_contact("Jane Roe", RINGING["from"], user_id=self.dave.id)
        self._send_events(RINGING)
        self._send_events(ENDED | {"cause": "no_answer"})
        [line] = self._menu(self.dave)["to_call_back"]
        self.assertEqual((line["id"], line["name"]), (self._call("c1").id, "Jane Roe"))
        self.assertTrue(self._call("c1").with_user(self.dave).has_access("read"))
        self.assertFalse(self._menu(self.alice)["to_call_back"])

    def test_the_last_calls_are_those_of_the_user(self):
        self._log_call("mine")
        self._log_call("bobs", extension="102")
        for user, ref in ((self.alice, "mine"), (self.bob, "bobs")):
            self.assertEqual([c["id"] for c in self._menu(user)["last"]], self._call(ref).ids)
        self.assertFalse(self._menu(self.boss)["last"])

    def test_private_calls_are_not_listed(self):
        self._log_call("mine")
        self._call("mine").is_private = True
        self.assertFalse(self._menu(self.alice)["last"])

    def test_the_extensions_of_the_user_are_shown(self):
        self.assertEqual(self._menu(self.alice)["extensions"], "101")
        self.assertEqual(self._menu(self.admin)["extensions"], "")
