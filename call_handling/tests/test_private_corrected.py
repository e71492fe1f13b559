import itertools

from odoo.tests import tagged

from .common_retention import RetentionCommon

REPORTED = "+12025550142"
CORRECTED = "+12025550177"
MODES = ("keep", "count", "forget")


@tagged("post_install", "-at_install")
class TestPrivateCorrected(RetentionCommon):
    """What a telephone system has reported about a call is found, whatever a person has corrected
    of it since."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company.call_private_hours = 10**6

    def _send_unreadable(self, mood, number=REPORTED):
        """Send a message that is not understood, and has nothing of the call but its number. It
        arrives while the call is going on."""
        self._send_events({"event": "no such event", "from": number, "mood": mood})
        self.env.cr.execute(
            "UPDATE call_event SET create_date = '2026-11-23 10:00:30' WHERE raw LIKE %s",
            [f"%{mood}%"],
        )
        self.env["call.event"].invalidate_model(["create_date"])

    def _get_texts(self):
        events = self.env["call.event"].search([("pbx_id", "=", self.pbx.id)])
        return [raw for raw in events.mapped("raw") if raw and "no such event" in raw]

    def _correct(self, **values):
        """Log a call with an unreadable message, and correct it."""
        call = self._log_call(number=REPORTED)
        self._send_unreadable("before")
        self.assertEqual(len(self._get_texts()), 1)
        call.with_user(self.alice).write(values)
        return call

    def test_messages_with_the_reported_number_go_with_a_call_that_becomes_private(self):
        moved = [{}, {"date_start": "2026-11-25 12:00:00"}, {"date_start": "2026-11-20 12:00:00"}]
        for mode, values in itertools.product(MODES, moved):
            with self.subTest(mode, **values):
                self.company.call_private_mode = mode
                call = self._correct(remote_number=CORRECTED, **values)
                self._make_private(call.with_user(self.alice))
                self.assertFalse(self._get_texts())
                self._send_unreadable("later")
                self.assertFalse(self._get_texts())
                self._forget_everything()

    def _forget_everything(self):
        self.env["call.event"].search([("pbx_id", "=", self.pbx.id)]).unlink()
        self._call("c1").sudo().unlink()

    def test_the_hint_of_a_private_call_is_that_of_the_reported_number(self):
        call = self._correct(remote_number=CORRECTED)
        self._make_private(call.with_user(self.alice))
        self.assertEqual(call.remote_number, "•••42")

    def test_messages_with_the_reported_number_go_with_a_call_that_is_anonymized(self):
        self._keep(people=365)
        call = self._correct(remote_number=CORRECTED)
        self._delete_what_is_old()
        self.assertTrue(call.is_anonymized)
        self.assertFalse(self._get_texts())

    def test_messages_with_another_number_remain(self):
        call = self._correct(remote_number=CORRECTED)
        self._send_unreadable("other", number="+12025550199")
        self._make_private(call.with_user(self.alice))
        [left] = self._get_texts()
        self.assertIn("50199", left)
