from freezegun import freeze_time

from odoo.tests import tagged

from odoo.addons.call_handling.tests.common_follow_up import AT_WORK, FollowUpCommon


@tagged("post_install", "-at_install")
@freeze_time(AT_WORK)
class TestMemo(FollowUpCommon):
    """A kind of follow-up that another addon adds."""

    def _create_memo(self):
        call = self._jane_calls()
        self._fill_in(call)
        call.with_user(self.alice).action_create_memo()
        return call, call.memo_id

    def test_the_button_creates_a_memo_with_everything_about_the_call(self):
        call, memo = self._create_memo()
        self.assertEqual((memo.name, memo.user_id), ("The printer smokes", self.alice))
        self._assert_content_copied(call, memo)
        action = call.with_user(self.alice).action_create_memo()
        self.assertEqual((action["res_model"], action["res_id"]), ("call.test.memo", memo.id))
        self.assertIn("action_create_memo", self._header_buttons(self.alice))

    def test_a_rule_creates_a_memo(self):
        self._create_rule("memo")
        call = self._jane_calls()
        self._run_pending_jobs()
        self.assertEqual(call.memo_id.partner_id, self.jane)
        self.assertFalse(call.job_error)

    def test_a_call_that_was_dialled_from_a_memo_is_linked_with_it(self):
        memo = self.env["call.test.memo"].create({"name": "Call Jane"})
        self.assertEqual(self._jane_calls()._prepare_dialled_values(memo), {"memo_id": memo.id})

    def test_the_memo_of_a_private_call_is_deleted(self):
        call, memo = self._create_memo()
        call.date_end = self.env.cr.now()
        self._make_private(call.with_user(self.alice))
        self.assertTrue(call.is_private)
        self.assertFalse(memo.exists() or call.memo_id)

    def test_a_memo_that_others_have_worked_on_keeps_nothing_of_a_private_call(self):
        call, memo = self._create_memo()
        memo.message_post(body="Done.", author_id=self.boss.partner_id.id)
        call.date_end = self.env.cr.now()
        self._make_private(call.with_user(self.alice))
        self.assertTrue(memo.exists())
        self.assertFalse(memo.partner_id)
        self._assert_not_revealed(("Roe", "23125610", "smokes", "plug"), memo)
