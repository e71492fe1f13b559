import time
from datetime import timedelta

from freezegun import freeze_time

from odoo import fields
from odoo.tests import tagged

from ..models.pbx.sender import CLOCK_VALID
from .common import CallHttpCommon
from .common_health import HealthCommon

RELAY = {"User-Agent": "call-handling-relay/1.2.0"}


@tagged("post_install", "-at_install")
class TestClock(HealthCommon, CallHttpCommon):
    """What is said about clocks that differ is true, and ends when it is not true any more."""

    def _report(self, seconds, count=1, minutes_ago=0):
        """Store events whose times are some seconds after their arrival."""
        arrived = fields.Datetime.now() - timedelta(minutes=minutes_ago)
        moments = [arrived + timedelta(seconds=number) for number in range(count)]
        self._let_call(*moments)
        self.env.cr.execute(
            """
            UPDATE call_event SET date = create_date + INTERVAL '1 second' * %s
             WHERE pbx_id = %s AND create_date >= %s
            """,
            (seconds, self.pbx.id, arrived),
        )

    def _heartbeat(self, ahead=0):
        """Send a heartbeat of a relay whose clock is ahead by some seconds."""
        now = str(int(time.time()) + ahead)
        answer = self._post({"events": []}, timestamp=now, headers=RELAY)
        self._read_log()
        return answer.status_code

    def _get_clock(self):
        """Run the scheduled action, and return what is found about the clock."""
        self._check_health()
        return self.pbx.with_user(self.admin)._find_health("clock")

    # --- estimated -------------------------------------------------------------------

    def test_events_of_a_system_whose_clock_is_only_estimated_are_not_refused(self):
        for seconds, text in ((900, "15 min before they happen"), (-900, "15 min after")):
            with self.subTest(seconds):
                self._report(seconds, count=25)
                finding = self._get_clock()
                self.assertEqual(finding.severity, "warning")
                self.assertIn(text, finding.text)
                self.assertNotIn("refused", finding.text)
                self.env.cr.execute("DELETE FROM call_event WHERE pbx_id = %s", (self.pbx.id,))

    def test_an_estimate_is_over_when_later_events_are_right(self):
        for seconds, right in ((600, 5), (-600, 1)):
            with self.subTest(seconds):
                self._report(seconds, count=20, minutes_ago=10)
                self.assertTrue(self._get_clock())
                self._report(0, count=right)
                self.assertFalse(self._get_clock())
                self.assertFalse(self._get_alerts())
                self.env.cr.execute("DELETE FROM call_event WHERE pbx_id = %s", (self.pbx.id,))

    def test_what_is_known_about_a_clock_ends_after_a_week_without_events(self):
        self._report(600, count=20)
        self.assertTrue(self._get_clock())
        with freeze_time(fields.Datetime.now() + CLOCK_VALID - timedelta(hours=1)):
            self.assertTrue(self._get_clock())
        with freeze_time(fields.Datetime.now() + CLOCK_VALID + timedelta(hours=1)):
            self.assertFalse(self._get_clock())
            self.assertFalse(self._get_alerts())

    def test_the_page_says_how_the_clocks_differ(self):
        pbx = self.pbx.with_user(self.admin)
        shown = []
        for seconds, estimated in ((0, False), (90, False), (-3720, False), (12, True)):
            self.pbx.write({"clock_difference": seconds, "is_clock_estimated": estimated})
            shown.append(pbx.clock_label)
        self.assertEqual(
            shown,
            [
                "Agrees with this server's clock",
                "1 min 30 s ahead of this server's clock",
                "1 h 2 min behind this server's clock",
                "Agrees with this server's clock, as far as the times of events show",
            ],
        )

    # --- said by a signed request ----------------------------------------------------

    def test_a_clock_for_which_requests_are_refused_says_so_until_it_is_right(self):
        self.assertEqual(self._heartbeat(ahead=400), 403)
        finding = self._get_clock()
        self.assertEqual(finding.severity, "danger")
        self.assertIn("Its events are refused", finding.text)
        self.pbx.report_date -= timedelta(minutes=2)  # it is written once a minute
        self.env.flush_all()
        self.assertEqual(self._heartbeat(), 200)
        self.assertFalse(self._get_clock())

    def test_what_a_clock_has_said_counts_more_than_an_estimate(self):
        self._report(600, count=20)
        self._heartbeat()
        self.assertFalse(self._get_clock())

    def test_a_relay_that_is_forgotten_leaves_nothing_about_its_clock(self):
        self._heartbeat(ahead=100)
        self.assertTrue(self._get_clock())
        self.pbx.with_user(self.admin).action_forget_relay()
        self.assertFalse(self._get_clock())
        self.assertFalse(self._get_alerts())
        self.assertFalse(self.pbx.clock_date)

    def test_an_estimate_follows_when_requests_do_not_say_the_time_any_more(self):
        self._heartbeat(ahead=100)
        self.pbx.with_user(self.admin).action_forget_relay()
        self._report(700, count=5)
        self.assertIn("about 11 min 40 s before", self._get_clock().text)
