from odoo.tests import freeze_time, tagged

from .common_reports import ReportsCommon

CRON = "ir_cron_morning_mails"


@tagged("post_install", "-at_install")
class TestMorningMail(ReportsCommon):
    """Leads who want it get one email each morning on which somebody waits."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        for user in (cls.lead, cls.alice):
            user.write({"email": f"{user.login}@example.com", "call_morning_mail": True})

    def _send(self, moment):
        """Run the scheduled action, and return what was sent: addressee and text."""
        mails = self.env["mail.mail"]
        sent = []

        def send(mails, *args, **kwargs):
            sent.extend((mail.email_to, str(mail.body_html)) for mail in mails)

        self.patch(type(mails), "send", send)
        with freeze_time(moment):
            self._run_scheduled_action(CRON)
        return sent

    def _miss_calls(self):
        with freeze_time("2026-11-23 15:00:00"):
            self._incoming("15:00:00", wait=30, number="+12025550142", from_name="Jane Roe")
            self._incoming("15:01:00", wait=30, number="+12025550143")

    def test_a_lead_gets_one_mail_in_the_morning(self):
        self._miss_calls()
        self.assertFalse(self._send("2026-11-24 05:30:00"))  # half past six in Berlin
        [(address, text)] = self._send("2026-11-24 06:30:00")
        self.assertIn("lead@example.com", address)
        self.assertIn("Hotline", text)
        self.assertRegex(text, r"Numbers to call back: <strong>2</strong>")
        self.assertFalse(self._send("2026-11-24 07:30:00"))
        self.assertTrue(self._send("2026-11-25 06:30:00"))

    def test_the_mail_names_nobody(self):
        self._miss_calls()
        [(_address, text)] = self._send("2026-11-24 06:30:00")
        for word in ("Jane", "555014", "550142", "555-0142"):
            self.assertNotIn(word, text)

    def test_nobody_gets_a_mail_if_nobody_waits_or_it_is_not_wanted(self):
        self.assertFalse(self._send("2026-11-24 06:30:00"))
        self._miss_calls()
        self.lead.call_morning_mail = False
        self.assertFalse(self._send("2026-11-25 06:30:00"))

    def test_people_choose_it_in_their_preferences(self):
        self.lead.with_user(self.lead).call_morning_mail = False
        self.assertFalse(self.lead.call_morning_mail)
