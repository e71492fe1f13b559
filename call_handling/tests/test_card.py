import json

from odoo import fields
from odoo.exceptions import AccessError
from odoo.tests import tagged

from odoo.addons.bus.models.bus import json_dump

from ..intake import Intake
from ..intake.draft import Draft
from .common import CallCommon

RINGING = {
    "call": "c1", "leg": "c1-101", "event": "ringing", "direction": "incoming",
    "from": "+12025550142", "to": "+493023125610", "extension": "101",
}  # fmt: skip
ANSWERED = {"call": "c1", "leg": "c1-101", "event": "answered", "extension": "101"}
ENDED = {"call": "c1", "event": "ended", "cause": "normal"}
BOB = {"leg": "c1-102", "extension": "102"}


class CardCommon(CallCommon):
    """Reads the messages that are sent to screens, and the cards that they show."""

    def setUp(self):
        super().setUp()
        self.env["res.users"]._get_card_channels()  # cached on a running server

    def _cards(self, user, call_ids=None):
        return self.env["call.call"].with_user(user).get_cards(call_ids)

    def _card(self, user):
        self.env.flush_all()
        self.env.invalidate_all()
        [card] = self._cards(user)
        return card

    def _pop_messages(self, user):
        """Return the messages sent to the user's screens since the last time, and delete them."""
        self.env.cr.precommit.run()
        channel = json_dump((self.env.cr.dbname, "res.partner", user.partner_id.id))
        sent = self.env["bus.bus"].search([("channel", "=", channel)], order="id")
        messages = [json.loads(message) for message in sent.mapped("message")]
        sent.unlink()
        return [
            message["payload"]
            for message in messages
            if message["type"] == "call_handling.card/changed"
        ]

    def _states(self, user):
        return [message["state"] for message in self._pop_messages(user)]


@tagged("post_install", "-at_install")
class TestCard(CardCommon):
    """Who is notified of a call, and what the card shows."""

    # --- who is notified -------------------------------------------------------------

    def test_only_the_person_whose_phone_rings_is_notified(self):
        self._send_events(RINGING)
        call = self._call("c1")
        self.assertEqual(self._pop_messages(self.alice), [{"call_id": call.id, "state": "ringing"}])
        for user in (self.bob, self.lead, self.boss, self.admin):
            self.assertFalse(self._pop_messages(user))

    def test_the_card_follows_the_call(self):
        for event, state in ((RINGING, "ringing"), (ANSWERED, "ongoing"), (ENDED, "ended")):
            self._send_events(event)
            self.assertEqual(self._states(self.alice), [state])

    def test_everybody_in_a_ring_group_is_notified_and_sees_who_answered(self):
        self._send_events(RINGING, RINGING | BOB)
        self.assertEqual(self._states(self.bob), ["ringing"])
        self._pop_messages(self.alice)
        self._send_events(ANSWERED, ENDED | BOB | {"cause": "elsewhere"})
        self.assertEqual(self._states(self.alice), ["ongoing"])
        self.assertEqual(self._states(self.bob), ["ended"])
        [card] = self._cards(self.bob, self._call("c1").ids)
        self.assertEqual((card["state"], card["spoke"]), ("ended", False))
        self.assertEqual(card["taken_by"], self.alice.name)
        self.assertFalse(self._cards(self.bob))

    def test_users_who_did_not_answer_are_not_notified_of_the_end(self):
        self._send_events(RINGING, RINGING | BOB)
        self._send_events(ANSWERED, ENDED | BOB | {"cause": "elsewhere"})
        self._pop_messages(self.bob)
        self._send_events(ENDED)
        self.assertFalse(self._pop_messages(self.bob))

    def test_the_next_user_is_notified_when_a_call_is_transferred(self):
        self._send_events(RINGING, ANSWERED)
        self._pop_messages(self.alice)
        self._send_events(ANSWERED | {"event": "transferred"}, RINGING | BOB)
        self.assertEqual(self._states(self.bob), ["ringing"])
        self._send_events(ENDED | {"leg": "c1-101"}, ANSWERED | BOB)
        self.assertEqual(self._card(self.bob)["state"], "ongoing")
        self.assertEqual(self._card(self.alice)["state"], "ended")

    def test_two_phones_of_one_user_share_a_card(self):
        self._give_extension(self.pbx, self.alice, "109")
        second = {"leg": "c1-109", "extension": "109"}
        self._send_events(RINGING, RINGING | second)
        self.assertEqual(self._states(self.alice), ["ringing"])
        self._send_events(ANSWERED, ENDED | second | {"cause": "elsewhere"})
        self.assertEqual(self._states(self.alice), ["ongoing"])
        card = self._card(self.alice)
        self.assertEqual((card["state"], card["taken_by"]), ("ongoing", ""))

    def test_users_who_disabled_cards_are_not_notified(self):
        self.alice.call_card = False
        self._send_events(RINGING)
        self.assertFalse(self._pop_messages(self.alice))

    def test_notifying_users_costs_no_query(self):
        self._send_events(RINGING | {"call": "c0"})
        self._pop_messages(self.alice)
        call = self._call("c0")
        intake = Intake(self.pbx)
        [state] = call._intake_fold(intake, self.env["call.event"]._load(intake, {"c0"}))
        draft = Draft(intake, state, call, {}, changed_legs={call.leg_ids.leg_ref})
        self.env.flush_all()
        self.env.invalidate_all()
        call.fetch(["pbx_id", "is_private", "is_blocked", "direction", "state"])
        with self.assertQueryCount(0, flush=False):
            call._notify_people(draft)
        self.assertTrue(self._pop_messages(self.alice))

    # --- private, blocked ------------------------------------------------------------

    def test_a_private_call_shows_no_card(self):
        self._send_events(RINGING)
        self.assertEqual(self._states(self.alice), ["ringing"])
        self._make_private(self._call("c1").with_user(self.alice))
        self.assertEqual(self._states(self.alice), ["closed"])
        self._send_events(ANSWERED)
        self.assertFalse(self._pop_messages(self.alice))
        self.assertFalse(self._cards(self.alice, self._call("c1").ids))

    def test_an_unwanted_call_shows_no_card(self):
        self.env["call.block"].create({"number": RINGING["from"]})
        self._send_events(RINGING)
        self.assertFalse(self._pop_messages(self.alice))
        self.assertFalse(self._cards(self.alice, self._call("c1").ids))

    def test_another_addon_may_hide_cards(self):
        self.patch(type(self.env["call.call"]), "_shows_card", lambda call: False)
        self._send_events(RINGING)
        self.assertFalse(self._pop_messages(self.alice))
        self.assertFalse(self._cards(self.alice))

    # --- which cards are shown -------------------------------------------------------

    def test_a_running_call_is_shown_again_after_a_reload(self):
        self._send_events(RINGING)
        self.assertEqual(self._card(self.alice)["state"], "ringing")
        self.assertFalse(self._cards(self.boss))

    def test_the_card_of_an_answered_call_stays_until_it_is_closed(self):
        self._send_events(RINGING, ANSWERED, ENDED)
        self.assertEqual(self._card(self.alice)["state"], "ended")
        self._pop_messages(self.alice)
        self._call("c1").with_user(self.alice).action_close_card()
        self.assertEqual(self._states(self.alice), ["closed"])
        self.assertFalse(self._cards(self.alice))
        self._call("c1").with_user(self.alice).action_open_card()
        self.assertEqual(self._states(self.alice), ["opened"])
        self.assertTrue(self._cards(self.alice))

    def test_closing_a_card_does_not_close_it_for_others(self):
        self._send_events(RINGING, RINGING | BOB)
        self._call("c1").with_user(self.alice).action_close_card()
        self.assertFalse(self._cards(self.alice))
        self.assertTrue(self._cards(self.bob))

    def test_past_calls_show_no_card(self):
        self._log_call()
        self.assertFalse(self._cards(self.alice))

    def test_the_card_of_a_missed_call_does_not_stay(self):
        self._send_events(RINGING)
        self._send_events(ENDED | {"cause": "no_answer"})
        [card] = self._cards(self.alice, self._call("c1").ids)
        self.assertEqual((card["spoke"], card["outcome"]), (False, "No answer"))
        self.assertFalse(self._cards(self.alice))

    def test_users_cannot_close_or_edit_the_cards_of_others(self):
        self._send_events(RINGING)
        call = self._call("c1").with_user(self.bob)
        for method, values in (("action_close_card", ()), ("save_card", ({"summary": "x"},))):
            with self.subTest(method), self.assertRaises(AccessError):
                getattr(call, method)(*values)

    # --- what the card shows ---------------------------------------------------------

    def test_the_card_shows_who_is_calling(self):
        company = self._create_contact("Nordwind AG", is_company=True)
        self._create_contact("Jane Roe", "+12025550142", parent_id=company.id)
        self.env["call.line"].create({"name": "Sales hotline", "number": "+493023125610"})
        self._send_events(RINGING)
        card = self._card(self.alice)
        shown = {name: card[name] for name in ("name", "company", "number", "line", "direction")}
        self.assertEqual(
            shown,
            {
                "name": "Jane Roe",
                "company": "Nordwind AG",
                "number": "+1 202-555-0142",
                "line": "Sales hotline",
                "direction": "incoming",
            },
        )
        self.assertFalse(card["can"]["create_contact"])

    def test_a_contact_can_be_created_from_an_unknown_number(self):
        self.alice.group_ids += self.env.ref("base.group_partner_manager")
        self._send_events(RINGING | {"from_name": "J. Roe"})
        card = self._card(self.alice)
        self.assertEqual((card["name"], card["partner_id"]), ("J. Roe", False))
        self.assertTrue(card["can"]["create_contact"] and card["can"]["add_number"])
        action = self._call("c1").with_user(self.alice).action_create_contact()
        self.assertEqual(
            action["context"], {"default_name": "J. Roe", "default_phone": "+1 202-555-0142"}
        )

    def test_creating_a_contact_is_not_offered_without_the_right(self):
        self._send_events(RINGING)
        can = self._card(self.alice)["can"]
        self.assertFalse(can["create_contact"] or can["add_number"])

    def test_adding_the_number_to_a_contact_updates_the_card(self):
        self.alice.group_ids += self.env.ref("base.group_partner_manager")
        jane = self._create_contact("Jane Roe")
        self._send_events(RINGING)
        self._pop_messages(self.alice)
        self._call("c1").with_user(self.alice).action_add_number(jane.id)
        self.assertEqual(self._states(self.alice), ["changed"])
        self.assertEqual(self._card(self.alice)["name"], "Jane Roe")
        self.assertEqual(jane.call_number_ids.number, "+12025550142")

    def test_several_matching_contacts_are_offered(self):
        for name in ("Anna", "Bert"):
            self._create_contact(name, "+12025550142")
        self._send_events(RINGING)
        names = [candidate["name"] for candidate in self._card(self.alice)["candidates"]]
        self.assertEqual(names, ["Anna", "Bert"])

    def test_a_withheld_number_is_shown_as_such(self):
        self._send_events(RINGING | {"from": "anonymous"})
        card = self._card(self.alice)
        self.assertEqual((card["name"], card["remote_number"]), ("Number withheld", ""))
        self.assertFalse(card["can"]["create_contact"])

    def test_the_card_shows_the_last_three_calls_that_the_user_may_see(self):
        self._create_contact("Jane Roe", "+12025550142")
        for number in range(4):
            call = self._log_call(f"old{number}", at=f"2026-11-2{number}T10:00:00Z")
            call.summary = f"Summary {number}"
        self._log_call("of_bob", extension="102")
        self._send_events(RINGING)
        summaries = [call["summary"] for call in self._card(self.alice)["calls"]]
        self.assertEqual(summaries, ["Summary 3", "Summary 2", "Summary 1"])

    def test_open_tasks_of_the_company_are_linked(self):
        company = self._create_contact("Nordwind AG", is_company=True)
        jane = self._create_contact("Jane Roe", "+12025550142", parent_id=company.id)
        project = self.env["project.project"].create({"name": "Help", "company_id": False})
        self.env["project.task"].create(
            [
                {"name": f"Task {n}", "project_id": project.id, "partner_id": partner.id}
                for n, partner in enumerate((jane, company, jane, company))
            ]
        )
        done = {"name": "Done", "project_id": project.id, "partner_id": jane.id, "state": "1_done"}
        self.env["project.task"].create(done)
        self.alice.group_ids += self.env.ref("project.group_project_manager")
        self._send_events(RINGING)
        [link] = self._card(self.alice)["links"]
        self.assertEqual((link["model"], link["count"]), ("project.task", 4))
        self.assertEqual(len(link["records"]), 3)
        self.assertNotIn("Done", [record["name"] for record in link["records"]])

    def test_the_duration_is_measured_by_the_server(self):
        at = fields.Datetime.subtract(fields.Datetime.now(), seconds=90).isoformat() + "Z"
        self._send_events(RINGING | {"at": at}, ANSWERED | {"at": at})
        self.assertAlmostEqual(self._card(self.alice)["seconds"], 90, delta=5)

    def test_a_calling_colleague_is_shown_by_name(self):
        about = {"from": "104", "to": "101", "direction": "internal"}
        caller = {"leg": "c1", "extension": "104"}
        self._send_events(RINGING | about, RINGING | about | caller)
        card = self._card(self.alice)
        self.assertEqual((card["name"], card["number"]), (self.dave.name, "104"))
        self.assertFalse(card["can"]["create_contact"])
        self.assertEqual(self._card(self.dave)["name"], self.alice.name)

    # --- what is entered on it -------------------------------------------------------

    def _save(self, values, screen=None):
        return self._call("c1").with_user(self.alice).save_card(values, screen)

    def test_typed_text_is_saved_in_one_note(self):
        self._send_events(RINGING, ANSWERED)
        self._save({"note": "Wants", "base": ""})
        self._save({"note": "Wants an offer\nuntil Friday", "base": "Wants"})
        [note] = self._call("c1").note_ids
        self.assertEqual(note.user_id, self.alice)
        self.assertEqual(self._card(self.alice)["note"], "Wants an offer\nuntil Friday")

    def test_text_from_another_device_is_kept(self):
        self._send_events(RINGING, ANSWERED)
        self._save({"note": "At the desk", "base": ""})
        self._save({"note": "On the road", "base": ""})
        self.assertEqual(len(self._call("c1").note_ids), 2)

    def test_saving_the_same_text_again_changes_nothing(self):
        self._send_events(RINGING, ANSWERED)
        self._save({"note": "Wants an offer", "base": ""})
        self._save({"note": "Wants an offer", "base": ""})
        self.assertEqual(len(self._call("c1").note_ids), 1)

    def test_a_formatted_note_keeps_its_formatting(self):
        self._send_events(RINGING, ANSWERED)
        call = self._call("c1").with_user(self.alice)
        call.note_ids.create({"call_id": call.id, "body": "<p><b>Bold</b> words</p>"})
        self._save({"note": "Plain", "base": ""})
        self.assertIn("<b>Bold</b>", call.note_ids.sorted()[0].body)

    def test_an_emptied_note_is_deleted(self):
        self._send_events(RINGING, ANSWERED)
        self._save({"note": "Wrong", "base": ""})
        self._save({"note": "", "base": "Wrong"})
        self.assertFalse(self._call("c1").note_ids)

    def test_summary_and_project_are_saved_and_other_screens_are_updated(self):
        self._send_events(RINGING, ANSWERED)
        self._pop_messages(self.alice)
        project = self.env["project.project"].create({"name": "Help", "company_id": False})
        self._save({"summary": "Wants an offer", "project_id": project.id}, "tab 1")
        call = self._call("c1")
        self.assertEqual((call.summary, call.project_id), ("Wants an offer", project))
        messages = self._pop_messages(self.alice)
        self.assertEqual({(m["state"], m["screen"]) for m in messages}, {("changed", "tab 1")})

    def test_only_fields_of_the_card_are_saved(self):
        self._send_events(RINGING, ANSWERED)
        self._save({"summary": "x", "user_id": self.bob.id})
        self.assertEqual(self._call("c1").user_id, self.alice)

    # --- preferences -----------------------------------------------------------------

    def test_users_change_their_own_preferences_and_all_screens_are_updated(self):
        alice = self.alice.with_user(self.alice)
        alice.write({"call_status": "busy", "call_sound": True})
        self.env.cr.precommit.run()
        sent = self.env["bus.bus"].search([], order="id desc", limit=1)
        self.assertIn("call_handling.preferences/changed", sent.message)
        self.assertIn('"call_status":"busy"', sent.message.replace(" ", ""))
        with self.assertRaises(AccessError):
            self.bob.with_user(self.alice).call_status = "busy"

    def test_users_cannot_assign_themselves_an_extension(self):
        with self.assertRaises(AccessError):
            self.pbx.extension_ids.filtered(lambda e: e.number == "102").with_user(
                self.alice
            ).user_id = self.alice
