from odoo.tests import tagged

from .common_time import NUMBER
from .test_history import OTHER_NUMBER, HistoryCommon


@tagged("post_install", "-at_install")
class TestLostContact(HistoryCommon):
    """A contact that is deleted or merged changes no more about its calls than that."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = cls._create_seller()

    @classmethod
    def _create_seller(cls):
        seller = cls._create_user("seller", "own", cls.sales, False)
        seller.group_ids += cls.env.ref("base.group_partner_manager")
        return seller

    def _get_entries(self, act):
        return self.env["call.audit"].search([("act", "=", act)])

    def _get_chatter(self, call):
        return " ".join(call.sudo().message_ids.mapped("body"))

    def _merge_into(self, other):
        """Merge the contact with another one, as the dialog does."""
        wizard = self.env["base.partner.merge.automatic.wizard"].create(
            {"partner_ids": [(6, 0, (self.jane | other).ids)], "dst_partner_id": other.id}
        )
        wizard.action_merge()

    def test_who_has_deleted_the_contact_of_which_calls_is_recorded_without_its_name(self):
        calls = self._answered_call("c1") | self._log_call("c2", answered=False)
        other = self._log_call("c3", OTHER_NUMBER)
        self.jane.with_user(self.seller).unlink()
        [entry] = self._get_entries("lose_contact")
        self.assertEqual((entry.user_id, entry.res_model), (self.seller, "call.call"))
        self.assertEqual(entry.res_ids, sorted(calls.ids))
        for call in calls:
            self.assertIn("The contact was deleted.", self._get_chatter(call))
            self.assertNotIn("Jane", self._get_chatter(call))
        self.assertNotIn("deleted", self._get_chatter(other))
        self.assertEqual(calls[0].timesheet_ids.name, "Call with Jane Roe")

    def test_nobody_becomes_the_contact_in_its_place(self):
        found = self._answered_call("c1")
        chosen = self._log_call("c2", OTHER_NUMBER)
        chosen.with_user(self.alice).partner_id = self.jane
        self.jane.unlink()
        for number in (NUMBER, OTHER_NUMBER):
            stranger = self._create_contact("Stranger", number)
            self.env["call.number"].create(
                {"partner_id": stranger.id, "number": number, "is_learned": True}
            )
        for ref in ("c1", "c2"):
            self._send_events({"call": ref, "event": "recording", "at": "2026-11-23T10:00:59Z"})
        self._run_pending_jobs()
        for call in found | chosen:
            self.assertEqual((call.partner_id.name, call.match), (False, "manual"))
        self.assertEqual(found.timesheet_ids.name, "Call with Jane Roe")
        found.with_user(self.alice).partner_id = stranger
        self.assertEqual(found.partner_id, stranger)

    def test_not_either_when_a_correction_is_undone(self):
        call = self._answered_call("c1")
        call.with_user(self.alice).remote_number = OTHER_NUMBER
        self.jane.unlink()
        self._create_contact("Stranger", NUMBER)
        call.with_user(self.alice).action_undo_correction()
        self.assertEqual((call.remote_number, call.partner_id.name), (NUMBER, False))
        self._send_events({"call": "c1", "event": "recording", "at": "2026-11-23T10:00:59Z"})
        self.assertFalse(call.partner_id)

    def test_calls_follow_a_merge_and_their_texts_remain(self):
        call, missed = self._answered_call("c1"), self._log_call("c2", answered=False)
        chosen = self._log_call("c3", OTHER_NUMBER)
        chosen.with_user(self.alice).partner_id = self.jane
        other = self._create_contact("Dr. Roe")
        self._merge_into(other)
        self.assertEqual((call | missed | chosen).partner_id, other)
        self.assertEqual(call.match, "number")
        self.assertEqual(chosen.match, "manual")
        [entry] = self._get_entries("merge_contact")
        self.assertEqual(entry.res_ids, sorted((call | missed | chosen).ids))
        self.assertIn("The contact was merged", self._get_chatter(call))
        self.assertNotIn("Roe", self._get_chatter(call))
        self.assertFalse(self._get_entries("lose_contact"))
        late = {"call": "c1", "event": "ended", "cause": "normal", "at": "2026-11-23T10:00:50Z"}
        self._send_events(late)
        call.with_user(self.boss).project_id = self.other_project
        self._run_pending_jobs()
        self.assertEqual(call.timesheet_ids.project_id, self.other_project)
        self.assertEqual(call.timesheet_ids.name, "Call with Jane Roe")

    def test_texts_remain_of_which_it_is_not_known_what_they_say(self):
        lose = {
            "merged": lambda: self._merge_into(self._create_contact("J. Roe Ltd")),
            "deleted": lambda: call.partner_id.unlink(),
        }
        for act, do in lose.items():
            with self.subTest(act):
                call = self._answered_call(act)
                name = call.timesheet_ids.name
                basis = call.timesheet_basis
                call.timesheet_basis = {n: value for n, value in basis.items() if n != "text"}
                do()
                call.sudo()._update_time()
                self.assertEqual(call.timesheet_ids.name, name)

    def test_an_undone_correction_leads_to_the_merged_contact(self):
        call = self._answered_call("c1")
        call.with_user(self.alice).remote_number = OTHER_NUMBER
        other = self._create_contact("Dr. Roe")
        self._merge_into(other)
        for number in other.call_number_ids:
            number.unlink()
        self._create_contact("Stranger", NUMBER)
        call.with_user(self.alice).action_undo_correction()
        self.assertEqual((call.partner_id, call.match), (other, "number"))
