import time

from odoo.tests import tagged

from ..models.pbx.clock import CHANGES
from .common import CallHttpCommon

RINGING = {"call": "a1", "event": "ringing", "from": "+12025550142", "extension": "101"}


@tagged("post_install", "-at_install")
class TestClock(CallHttpCommon):
    """The administrator sees that the clock of a telephone system or of its relay is wrong."""

    def setUp(self):
        super().setUp()
        self.patch(CHANGES, "clock", lambda: 0.0)
        CHANGES.clear()

    def _post_at(self, offset, **kwargs):
        """Send a request by a clock that is ahead by some seconds; return its status."""
        timestamp = str(round(time.time() + offset))
        status = self._post(RINGING, timestamp=timestamp, **kwargs).status_code
        self.pbx.invalidate_recordset()
        return status

    def _get_finding(self):
        """Return severity and text of what the form says about the clock."""
        findings = self.pbx.with_user(self.admin)._get_findings()
        return next(((f.severity, f.text) for f in findings if f.name == "clock"), None)

    def test_a_clock_that_is_ahead_or_behind_is_shown_with_its_difference(self):
        for offset, text in ((100, "1 min"), (-100, "1 min")):
            with self.subTest(offset):
                CHANGES.clear()
                self.assertEqual(self._post_at(offset), 200)
                severity, shown = self._get_finding()
                self.assertEqual(severity, "warning")
                self.assertIn(self.pbx.name, shown)
                self.assertIn(text, shown)
                self.assertIn("ahead of" if offset > 0 else "behind", shown)
                self.assertAlmostEqual(self.pbx.clock_offset, offset, delta=8)

    def test_the_length_is_written_for_people(self):
        for offset, text in ((312, "5 min 12 s ahead"), (-45, "45 s behind"), (3720, "1 h 2 min")):
            self.pbx.clock_offset = offset
            self.assertIn(text, self._get_finding()[1])

    def test_a_right_clock_is_not_shown(self):
        self.assertEqual(self._post_at(10), 200)
        self.assertFalse(self.pbx.clock_offset)
        self.assertIsNone(self._get_finding())

    def test_a_corrected_clock_is_no_longer_shown(self):
        self._post_at(100)
        self.assertTrue(self._get_finding())
        self._post_at(0)
        self.assertIsNone(self._get_finding())

    def test_if_events_are_refused_for_their_time_the_clock_is_named(self):
        self.assertEqual(self._post_at(320), 403)
        self.assertEqual(self.pbx.refused_reason, "old")
        severity, shown = self._get_finding()
        self.assertEqual(severity, "danger")
        self.assertIn("5 min", shown)
        self.assertIn("refused until the clock", shown)

    def test_the_clock_of_who_does_not_prove_anything_is_not_believed(self):
        self.assertEqual(self._post_at(100, secret="wrong"), 403)
        self.assertEqual(self._post_at(4000, secret="wrong"), 403)
        self.assertFalse(self.pbx.clock_offset)

    def test_an_unsigned_system_has_no_clock(self):
        self.pbx.write({"adapter": "zammad", "unsigned_allowed": True})
        body = {"event": "newCall", "callId": "z1", "direction": "in", "from": "12025550142"}
        later = str(round(time.time()) + 100)
        headers = {"X-Call-Handling-Timestamp": later, "X-Call-Handling-Signature": "v1=x"}
        self.assertEqual(self._post(body, secret=None, headers=headers).status_code, 200)
        self.assertFalse(self.pbx.clock_offset)

    def test_two_relays_with_different_clocks_do_not_write_with_each_event(self):
        for offset in (100, 0) * 3:
            self.assertEqual(self._post_at(offset), 200)
        # the first two are noted, the others within a minute are not
        self.assertFalse(self.pbx.clock_offset)
        self._post_at(100)
        self.assertFalse(self.pbx.clock_offset)
