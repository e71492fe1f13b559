from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import CallCommon

NUMBER = "+493023125410"


class ProposalCommon(CallCommon):
    """Somebody may edit contacts, but has no right on calls."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.seller = new_test_user(
            cls.env,
            login="seller",
            groups="base.group_user,base.group_partner_manager",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _log_by_hand(self, user, number=NUMBER, **values):
        values = {"remote_number": number, "direction": "incoming", "outcome": "answered"} | values
        return self.env["call.call"].with_user(user).create(values)

    def _proposals(self, user=None):
        return self.env["call.proposal"].with_user(user or self.env.user).search([])


@tagged("post_install", "-at_install")
class TestUnwantedProposal(ProposalCommon):
    """Whoever does not decide which numbers are unwanted proposes it."""

    def _ask(self, call, user):
        return self._open_dialog(call.with_user(user).action_block_number(), user)

    def test_nothing_changes_before_the_dialog_is_confirmed(self):
        call = self._log_call(number=NUMBER)
        for user in (self.alice, self.lead, self.boss, self.admin):
            self._ask(call, user)
        self.assertFalse(call.is_blocked)
        self.assertFalse(self._proposals())

    def test_the_dialog_says_what_follows(self):
        self._create_contact("Jane Roe", NUMBER)
        call = self._log_call(number=NUMBER)
        self._log_call("of_dave", NUMBER, extension="104")
        self._log_call("other", "+12025550142")
        call.partner_id = False  # whose number it is does not depend on the call
        for user, count, decides in ((self.alice, 0, False), (self.lead, 1, True)):
            dialog = self._ask(call, user)
            self.assertEqual(dialog.past_count, count)
            self.assertEqual(dialog.can_decide, decides)
            self.assertEqual(dialog.partner_label, "Jane Roe")
            self.assertTrue(dialog.is_reported)

    def test_the_dialog_says_that_a_person_has_entered_the_number(self):
        entered = self._log_by_hand(self.alice)
        corrected = self._log_call(number="+12025550142")
        corrected.with_user(self.alice).remote_number = NUMBER
        for call in (entered, corrected):
            self.assertFalse(self._ask(call, self.lead).is_reported)

    def test_the_dialog_shows_nothing_of_a_call_that_the_user_does_not_see(self):
        call = self._log_call(number=NUMBER)
        dialog = self.env["call.unwanted"].with_user(self.dave).create({"call_id": call.id})
        for name in ("number_label", "past_count", "partner_label"):
            with self.subTest(name), self.assertRaises(AccessError):
                dialog.read([name])
        with self.assertRaises(AccessError):
            dialog.action_confirm()
        self.assertFalse(call.is_blocked)

    def test_leads_and_administrators_mark_a_number_at_once(self):
        for place, user in enumerate((self.lead, self.boss, self.admin)):
            with self.subTest(user.login):
                number = f"+4930231254{place}0"
                call = self._log_call(f"c{place}", number)
                self._mark_unwanted(call, user)
                self.assertTrue(call.is_blocked)
                self.assertTrue(self._log_call(f"later{place}", number).is_blocked)
        self.assertFalse(self._proposals())

    def test_a_proposal_changes_nothing_until_a_lead_confirms_it(self):
        call = self._log_call(number=NUMBER)
        action = self._mark_unwanted(call, self.alice)
        self.assertIn("lead", action["params"]["message"])
        self.assertFalse(call.is_blocked)
        self.assertFalse(self._log_call("c2", NUMBER).is_blocked)
        self.assertFalse(self.env["call.block"].search([("number", "=", NUMBER)]))
        proposal = self._proposals(self.lead)
        self.assertRecordValues(
            proposal,
            [{"kind": "unwanted", "number": NUMBER, "state": "open", "can_decide": True}],
        )
        self.assertEqual(proposal.create_uid, self.alice)
        self.assertTrue(proposal.create_date)
        proposal.action_confirm()
        self.assertEqual((proposal.state, proposal.decided_by_id), ("confirmed", self.lead))
        self.assertTrue(proposal.date_decided)
        self.assertTrue(call.is_blocked)
        self.assertTrue(self._log_call("c3", NUMBER).is_blocked)
        self.assertFalse(proposal.can_decide)

    def test_a_refused_proposal_changes_nothing(self):
        call = self._log_call(number=NUMBER)
        self._mark_unwanted(call, self.alice)
        proposal = self._proposals(self.admin)
        proposal.action_refuse()
        proposal.action_confirm()  # too late
        self.assertEqual(proposal.state, "refused")
        self.assertFalse(call.is_blocked)
        self.assertFalse(self._log_call("c2", NUMBER).is_blocked)

    def test_nobody_else_decides_or_edits_a_proposal(self):
        self._mark_unwanted(self._log_call(number=NUMBER), self.alice)
        proposal = self._proposals()
        for user in (self.alice, self.dave, self.seller):
            for method in ("action_confirm", "action_refuse"):
                with self.subTest(user=user.login, method=method), self.assertRaises(AccessError):
                    getattr(proposal.with_user(user), method)()
        for user in (self.alice, self.lead, self.boss, self.admin):
            for values in ({"state": "confirmed"}, {"number": "+12025550142"}):
                with self.subTest(user=user.login, values=values), self.assertRaises(AccessError):
                    proposal.with_user(user).write(values)
        self.assertEqual(proposal.state, "open")

    def test_proposals_are_seen_by_their_author_and_by_those_who_decide(self):
        self._mark_unwanted(self._log_call(number=NUMBER), self.alice)
        self._mark_unwanted(self._log_call("c2", "+12025550142", extension="104"), self.dave)
        seen = {
            user: set(self._proposals(user).mapped("number"))
            for user in (self.alice, self.dave, self.lead, self.boss, self.admin, self.seller)
        }
        both = {NUMBER, "+12025550142"}
        self.assertEqual(
            list(seen.values()), [{NUMBER}, {"+12025550142"}, {NUMBER}, both, both, set()]
        )

    def test_what_waits_for_the_user_is_counted_in_the_menu(self):
        self._mark_unwanted(self._log_call(number=NUMBER), self.alice)

        def count(user):
            return self.env["call.call"].with_user(user).get_menu()["proposal_count"]

        self.assertEqual([count(user) for user in (self.alice, self.lead, self.admin)], [0, 1, 1])
        self._proposals(self.lead).action_refuse()
        self.assertEqual(count(self.lead), 0)

    def test_the_same_is_proposed_once_at_a_time(self):
        call = self._log_call(number=NUMBER)
        self._mark_unwanted(call, self.alice)
        self._mark_unwanted(self._log_call("c2", NUMBER, extension="102"), self.bob)
        self.assertEqual(len(self._proposals()), 1)
        self._proposals().action_refuse()
        self._mark_unwanted(call, self.alice)
        self.assertEqual(self._proposals().mapped("state"), ["open", "refused"])

    def test_a_proposal_is_decided_when_a_lead_marks_the_number(self):
        call = self._log_call(number=NUMBER)
        self._mark_unwanted(call, self.alice)
        self._mark_unwanted(call, self.lead)
        self.assertRecordValues(
            self._proposals(), [{"state": "confirmed", "decided_by_id": self.lead.id}]
        )

    def test_an_invented_call_blocks_no_customer(self):
        self._create_contact("Jane Roe", NUMBER)
        invented = self._log_by_hand(self.alice)
        self._mark_unwanted(invented, self.alice)
        self.assertFalse(self._log_call(number=NUMBER).is_blocked)
        self.assertFalse(self._proposals(self.lead).is_reported)

    def test_an_outgoing_or_withheld_number_is_not_proposed(self):
        outgoing = self._log_call(direction="outgoing", to=NUMBER, **{"from": "101"})
        withheld = self._log_call("c2", "anonymous")
        for call in (outgoing, withheld):
            with self.assertRaises(UserError):
                call.with_user(self.alice).action_block_number()
            dialog = self.env["call.unwanted"].with_user(self.alice).create({"call_id": call.id})
            with self.assertRaises(UserError):
                dialog.action_confirm()

    def test_a_block_knows_from_which_call_it_comes(self):
        call, other = self._log_call(number=NUMBER), self._log_call("c2", "+12025550142")
        self._mark_unwanted(call, self.alice)
        self._proposals(self.lead).action_confirm()
        self._mark_unwanted(other, self.lead)
        blocks = self.env["call.block"].search([("number", "in", (NUMBER, "+12025550142"))])
        self.assertEqual(set(blocks.mapped("source_call_id")), {call, other})
        with self.assertRaises(AccessError):
            blocks[0].with_user(self.admin).source_call_id = other
        call.unlink()
        self.assertEqual(len(blocks.exists()), 2)

    def test_a_private_call_leaves_no_proposal(self):
        for mode in ("keep", "count", "forget"):
            with self.subTest(mode):
                self.company.call_private_mode = mode
                call = self._log_call(f"c_{mode}", NUMBER, at="2026-11-23T10:00:00Z")
                self.company.call_private_hours = 24 * 365 * 100
                self._mark_unwanted(call, self.alice)
                self.assertTrue(self._proposals())
                call._make_private()
                self.assertFalse(self._proposals())


@tagged("post_install", "-at_install")
class TestRememberProposal(ProposalCommon):
    """Whose number it is for all calls is decided by those who may edit the contact."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ann = cls._create_contact("Ann", NUMBER)
        cls.bo = cls._create_contact("Bo", NUMBER)
        cls.manager = cls._create_user("manager", "own", cls.support, "106")
        cls.manager.group_ids += cls.env.ref("base.group_partner_manager")

    def _remember(self, call, user, partner=None):
        partner = partner or self.bo
        return call.with_user(user).action_choose_partner(partner.id, remember=True)

    def _assert_contact(self, call, partner, match):
        self.assertEqual((call.partner_id, call.match), (partner, match))

    def test_the_choice_holds_for_the_call_at_once_and_for_others_once_it_is_confirmed(self):
        before, call = self._log_call("c0", NUMBER), self._log_call("c1", NUMBER)
        action = self._remember(call, self.alice)
        self.assertIn("edit the contact", action["params"]["message"])
        self._assert_contact(call, self.bo, "manual")
        nobody = self.env["res.partner"]
        self._assert_contact(before, nobody, "ambiguous")
        self._assert_contact(self._log_call("c2", NUMBER), nobody, "ambiguous")
        self.assertFalse(self.bo.call_number_ids)
        proposal = self.bo.with_user(self.seller).call_proposal_ids
        self.assertRecordValues(
            proposal, [{"number": NUMBER, "can_decide": True, "is_reported": True}]
        )
        self.assertEqual(proposal.create_uid, self.alice)
        self.assertEqual(call.with_user(self.alice).proposal_ids, proposal)
        proposal.action_confirm()
        self._assert_contact(self._log_call("c3", NUMBER), self.bo, "learned")
        self.assertFalse(self.bo.with_user(self.seller).call_proposal_ids)

    def test_a_refused_choice_holds_for_the_call_only(self):
        call = self._log_call("c1", NUMBER)
        self._remember(call, self.alice)
        self.bo.with_user(self.seller).call_proposal_ids.action_refuse()
        self._assert_contact(call, self.bo, "manual")
        nobody = self.env["res.partner"]
        self._assert_contact(self._log_call("c2", NUMBER), nobody, "ambiguous")

    def test_whoever_may_edit_the_contact_is_not_asked_again(self):
        call = self._log_call("c1", NUMBER, extension="106")
        self._remember(self._log_call("c0", NUMBER), self.alice)
        self.assertFalse(self._remember(call, self.manager))
        self._assert_contact(self._log_call("c2", NUMBER), self.bo, "learned")
        self.assertEqual(self._proposals().mapped("state"), ["confirmed"])

    def test_seeing_all_calls_is_no_right_on_contacts(self):
        for place, user in enumerate((self.lead, self.boss, self.admin)):
            with self.subTest(user.login):
                self.assertTrue(self._remember(self._log_call(f"c{place}", NUMBER), user))
        self.assertFalse(self.bo.call_number_ids)
        proposal = self._proposals()
        self.assertEqual(len(proposal), 1)
        for user in (self.lead, self.boss, self.admin):
            with self.subTest(user.login), self.assertRaises(AccessError):
                proposal.with_user(user).action_confirm()

    def test_a_record_rule_on_contacts_is_respected(self):
        self.env["ir.rule"].create(
            {
                "name": "Only own contacts",
                "model_id": self.env.ref("base.model_res_partner").id,
                "domain_force": "[('user_id', '=', user.id)]",
                "perm_read": False,
            }
        )
        call = self._log_call("c1", NUMBER, extension="106")
        self.assertTrue(self._remember(call, self.manager))
        with self.assertRaises(AccessError):
            self._proposals(self.manager).action_confirm()
        with self.assertRaises(AccessError):
            call.with_user(self.manager).action_add_number(self.ann.id)
        self.assertFalse((self.ann | self.bo).call_number_ids)

    def test_what_a_person_has_entered_is_no_evidence(self):
        invented = self._log_by_hand(self.manager)
        corrected = self._log_call("c2", "+12025550142", extension="106")
        corrected.with_user(self.manager).remote_number = NUMBER
        for call in (invented, corrected):
            self.assertTrue(self._remember(call, self.manager))
            self._assert_contact(call, self.bo, "manual")
        self.assertFalse(self._proposals().is_reported)
        nobody = self.env["res.partner"]
        self._assert_contact(self._log_call("c3", NUMBER), nobody, "ambiguous")

    def test_contact_managers_see_proposals_but_no_calls(self):
        self._remember(self._log_call("c1", NUMBER), self.alice)
        proposal = self._proposals(self.seller)
        self.assertEqual(proposal.number, NUMBER)
        with self.assertRaises(AccessError):
            proposal.read(["call_id"])

    def test_a_number_knows_from_which_call_it_was_added(self):
        call = self._log_call("c1", NUMBER, extension="106")
        self._remember(call, self.manager)
        unknown = self._log_call("c2", "+12025550142", extension="106")
        unknown.with_user(self.manager).action_add_number(self.ann.id)
        self.assertEqual(self.bo.call_number_ids.source_call_id, call)
        self.assertEqual(self.ann.call_number_ids.source_call_id, unknown)
        with self.assertRaises(AccessError):
            self.ann.call_number_ids.with_user(self.manager).source_call_id = call

    def test_a_number_that_the_contact_had_before_does_not_come_from_the_call(self):
        number = self.env["call.number"].create({"partner_id": self.bo.id, "number": NUMBER})
        self._remember(self._log_call("c1", NUMBER, extension="106"), self.manager)
        self.assertTrue(number.is_learned)
        self.assertFalse(number.source_call_id)
