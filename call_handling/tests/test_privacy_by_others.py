from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user, tagged

from .common import CallCommon

NUMBER = "+12025550199"


@tagged("post_install", "-at_install")
class TestPrivacyByOthers(CallCommon):
    """Nobody makes a call private that somebody else has answered."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.doctor = cls._create_contact("Doctor", "+12025550122")
        cls.mum = cls._create_contact("Mum", "+12025550123", calls_are_private=True)

    def _ring(self, *extensions):
        for extension in extensions:
            numbers = {"from": NUMBER, "to": "+493023125610"}
            self._send_event(0, extension, event="ringing", direction="incoming", **numbers)

    def _send_event(self, second, extension=None, **values):
        phone = {"leg": f"c1-{extension}", "extension": extension} if extension else {}
        at = f"2026-11-23T10:{second // 60:02}:{second % 60:02}Z"
        self._send_events({"call": "c1", "at": at} | phone | values)

    def _bobs_call(self, *, is_over=True):
        """Return a call that rang at Alice's and Bob's phones, and that Bob has answered."""
        self._ring("102", "101")
        self._send_event(5, "102", event="answered")
        if is_over:
            self._send_event(65, event="ended")
        call = self._call("c1")
        call.with_user(self.bob).summary = "Important"
        return call

    def _assert_kept(self, call):
        self.assertTrue(call.exists())
        self.assertEqual((call.is_private, call.summary), (False, "Important"))
        self.assertEqual(call.remote_number, NUMBER)

    def _create_private_rule(self):
        domain = "[('partner_id.name', '=', 'Doctor')]"
        self.env["call.rule"].create({"name": "Doctor", "domain": domain, "is_private": True})

    def test_a_contact_chosen_by_a_colleague_makes_no_call_private(self):
        self._create_private_rule()
        for partner in (self.doctor, self.mum):
            with self.subTest(partner.name):
                call = self._bobs_call(is_over=False)
                call.with_user(self.alice).action_choose_partner(partner.id)
                self._assert_kept(call)
                self._send_event(65, event="ended")
                self._assert_kept(call)
                self._send_event(10, "103", event="ringing")
                self._assert_kept(call)

    def _create_seller(self):
        return new_test_user(
            self.env,
            login="seller",
            groups="base.group_user,base.group_partner_manager",
            company_id=self.company.id,
        )

    def _end(self):
        """Let everything happen after which rules are applied again."""
        self._send_event(65, event="ended")
        self._send_event(10, "103", event="ringing")

    def test_a_contact_that_gets_the_number_during_the_call_makes_it_private_for_nobody_else(self):
        self._create_private_rule()
        seller = self._create_seller()
        number = {"partner_id": self.doctor.id, "number": NUMBER}
        ways = {
            "new contact": lambda: self.env["res.partner"]
            .with_user(seller)
            .create({"name": "Doctor", "phone": NUMBER}),
            "phone": lambda: self.doctor.with_user(seller).write({"phone": NUMBER}),
            "further number": lambda: self.env["call.number"].with_user(seller).create(number),
            "learned number": lambda: self.env["call.number"]
            .with_user(seller)
            ._remember(NUMBER, self.doctor.id, self._call("c1")),
        }
        for way, enter in ways.items():
            with self.subTest(way), self.env.cr.savepoint() as savepoint:
                call = self._bobs_call(is_over=False)
                enter()
                self.assertEqual(call.partner_id.name, "Doctor")
                self._assert_kept(call)
                self._end()
                self._assert_kept(call)
                # an administrator works on the contact later
                call.partner_id.with_user(self.admin).sudo().street = "Main Street 1"
                self._send_event(11, "105", event="ringing")
                self._assert_kept(call)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_holds_the_call_decides_about_a_contact_that_others_have_entered(self):
        self._create_private_rule()
        seller = self._create_seller()
        self.bob.group_ids += self.env.ref("base.group_partner_manager")
        numbers = self.env["call.number"]

        def enter_both():
            numbers.with_user(seller).sudo().create(
                [{"partner_id": one.id, "number": NUMBER} for one in (self.doctor, self.mum)]
            )

        for user, is_private in ((seller, False), (self.bob, True)):
            with self.subTest(user.login), self.env.cr.savepoint() as savepoint:
                call = self._bobs_call(is_over=False)
                enter_both()
                self.assertEqual((call.match, call.is_contact_later), ("ambiguous", True))
                learned = {"number": NUMBER, "is_learned": True}
                call.candidate_ids.call_number_ids.filtered(
                    lambda n: n.partner_id == self.doctor
                ).with_user(user).sudo().write(learned)
                self.assertEqual(call.is_private, is_private)
                self._end()
                self.assertEqual(call.is_private, is_private)
                kept = call.partner_id, call.is_contact_later
                self.assertEqual(kept, (self.doctor.browse(), False) if is_private
                                 else (self.doctor, True))  # fmt: skip
                savepoint.rollback()
                self.env.invalidate_all()

    def test_who_holds_the_call_says_by_hand_who_the_contact_is(self):
        call = self._bobs_call(is_over=False)
        self.env["res.partner"].with_user(self._create_seller()).create(
            {"name": "Jane Roe", "phone": NUMBER}
        )
        self.assertTrue(call.is_contact_later)
        call.with_user(self.alice).partner_id = self.doctor
        self.assertTrue(call.is_contact_later)
        call.with_user(self.bob).action_choose_partner(self.doctor.id)
        self.assertFalse(call.is_contact_later)

    def test_a_contact_that_is_renamed_during_the_call_makes_it_private_for_nobody_else(self):
        self._create_private_rule()
        customer = self._create_contact("Customer", NUMBER)
        call = self._bobs_call(is_over=False)
        customer.with_user(self._create_seller()).name = "Doctor"
        self._end()
        self._assert_kept(call)

    def test_contacts_that_are_merged_during_the_call_make_it_private_for_nobody_else(self):
        self._create_private_rule()
        customer = self._create_contact("Customer", NUMBER)
        call = self._bobs_call(is_over=False)
        doctor = self.doctor.with_user(self._create_seller())
        self.env["base.partner.merge.automatic.wizard"].with_user(doctor.env.user)._merge(
            (self.doctor | customer).ids, doctor
        )
        self.env.invalidate_all()
        self.assertEqual(call.partner_id, self.doctor)
        self._end()
        self._assert_kept(call)

    def test_a_number_entered_by_an_administrator_or_the_person_makes_the_call_private(self):
        self._create_private_rule()
        for user in (self.admin, self.bob):
            with self.subTest(user.login), self.env.cr.savepoint() as savepoint:
                user.group_ids += self.env.ref("base.group_partner_manager")
                call = self._bobs_call(is_over=False)
                self.doctor.with_user(user).phone = NUMBER
                self._end()
                self.assertTrue(call.is_private)
                savepoint.rollback()
                self.env.invalidate_all()

    def test_a_rule_that_does_not_ask_for_the_contact_makes_the_call_private_nevertheless(self):
        self.env["call.rule"].create(
            {"name": "Answered", "is_private": True, "domain": "[('state', '=', 'ended')]"}
        )
        call = self._bobs_call(is_over=False)
        self.env["res.partner"].with_user(self._create_seller()).create(
            {"name": "Doctor", "phone": NUMBER}
        )
        self._end()
        self.assertTrue(call.is_private)

    def test_a_private_number_of_a_colleague_whose_phone_only_rang_makes_no_call_private(self):
        self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER})
        self._assert_kept(self._bobs_call())

    def test_a_private_number_makes_the_call_private_that_its_owner_answers(self):
        self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER})
        self._ring("102", "101")
        self.assertFalse(self._call("c1").is_private)
        self._send_event(5, "101", event="answered")
        self.assertTrue(self._call("c1").is_private)
        self.assertEqual(self._call("c1").user_id, self.alice)

    def test_a_number_dialled_by_its_owner_is_private_at_once(self):
        self.env["call.private.number"].with_user(self.alice).create({"number": NUMBER})
        self._send_event(0, "101", event="ringing", direction="outgoing", to=NUMBER)
        self.assertTrue(self._call("c1").is_private)

    def test_only_administrators_give_numbers_to_contacts_whose_calls_are_private(self):
        seller = self._create_seller()
        with self.assertRaisesRegex(AccessError, "administrator of calls"):
            self.mum.with_user(seller).phone = NUMBER
        with self.assertRaisesRegex(AccessError, "administrator of calls"):
            self.env["call.number"].with_user(seller).create(
                {"partner_id": self.mum.id, "number": NUMBER}
            )
        self.mum.with_user(seller).street = "Main Street 1"
        self.admin.group_ids += self.env.ref("base.group_partner_manager")
        self.mum.with_user(self.admin).phone = NUMBER

    def test_nobody_else_remembers_a_number_for_a_contact_whose_calls_are_private(self):
        seller = self._create_seller()
        seller.group_ids += self.env.ref("call_handling.group_call_handling_all")
        for number, (user, everybody) in zip(
            ("+12025550161", "+12025550162", "+12025550163"),
            ((seller, False), (self.alice, True), (seller, True)),
            strict=True,
        ):
            self.company.call_users_remember = everybody
            ref = f"known{number}"
            call = self._log_call(ref, number, extension="101")
            call.with_user(user).action_choose_partner(self.mum.id, True)
            proposal = self.env["call.proposal"].search([("call_id", "=", call.id)])
            self.assertEqual(proposal.state, "open")
            self.assertFalse(proposal.with_user(seller).can_decide)
            with self.assertRaises(AccessError):
                proposal.with_user(seller).action_confirm()
            later = self._log_call(f"later{number}", number, answered=False)
            self.assertTrue(later)
            self.assertFalse(later.is_private)

    def test_what_is_marked_later_makes_no_call_private_that_is_history(self):
        self.company.call_history_days = 1
        call = self._bobs_call()
        call.date_end = fields.Datetime.now() - timedelta(days=2)
        customer = self._create_contact("Customer", NUMBER)
        self.assertEqual(call.partner_id, customer)
        customer.calls_are_private = True
        self.env["call.rule"].create({"name": "All", "domain": "[]", "is_private": True})
        self._send_event(10, "103", event="ringing")
        self._assert_kept(call)

    # --- corrections by hand stay ----------------------------------------------------

    def test_a_contact_removed_by_hand_does_not_come_back(self):
        jane = self._create_contact("Jane Roe", NUMBER)
        call = self._bobs_call()
        self.assertEqual(call.partner_id, jane)
        call.with_user(self.bob).partner_id = False
        jane.active = False
        jane.active = True
        self._send_event(10, "103", event="ringing")
        self.assertFalse(call.partner_id)

    def test_calls_of_a_deleted_contact_do_not_become_those_of_the_next_owner(self):
        jane = self._create_contact("Jane Roe", NUMBER)
        call = self._bobs_call()
        jane.unlink()
        self._create_contact("Stranger", NUMBER)
        self.assertFalse(call.partner_id)
        self.assertEqual(call.remote_number, NUMBER)

    def test_undoing_a_correction_restores_the_contact_of_that_time(self):
        jane = self._create_contact("Jane Roe", NUMBER)
        call = self._bobs_call()
        own = call.with_user(self.bob)
        own.remote_number = "+12025550144"
        self.assertFalse(call.partner_id)
        jane.phone = False
        self._create_contact("Stranger", NUMBER)
        own.action_undo_correction()
        self.assertEqual((call.remote_number, call.partner_id), (NUMBER, jane))

    def test_a_missed_call_is_not_moved_out_of_its_departments_sight(self):
        self._ring("102", "101")
        self._send_event(30, event="ended", cause="cancelled")
        call = self._call("c1")
        with self.assertRaises(UserError):
            call.with_user(self.alice).department_id = self.sales
        call.with_user(self.alice).user_id = self.alice
        self.assertTrue(call.with_user(self.lead).has_access("read"))

    def test_a_bad_row_of_an_import_is_reported_for_itself(self):
        rows = [["+12025550142", "2026-11-20 10:00:00"], ["+12025550143", "1850-01-01 10:00:00"]]
        result = (
            self.env["call.call"].with_user(self.alice).load(["remote_number", "date_start"], rows)
        )
        [message] = {message["message"] for message in result["messages"]}
        self.assertIn("Start: check the date.", message)
