from unittest.mock import patch

from odoo.tests import tagged

from .common_time import CallTimeCommon

LINE = "odoo.addons.call_handling.models.account_analytic_line.AccountAnalyticLine"


@tagged("post_install", "-at_install")
class TestJoinedTime(CallTimeCommon):
    """Timesheet lines of calls that turn out to be one conversation."""

    def _log_both(self, second_extension="101"):
        """Log a call that goes on as another one after a minute, for two minutes."""
        one = self._answered_call("a", 60)
        other = self._answered_call(
            "b", 120, start="2026-11-23T10:01:00", leg="b-1", extension=second_extension
        )
        return one, other

    def _answered_call(self, ref="c1", seconds=60, start="2026-11-23T10:00:00", **values):
        phone = {"call": ref, "leg": f"{ref}-101", "extension": "101"}
        phone |= {name: values.pop(name) for name in ("leg", "extension") if name in values}
        ringing = {"event": "ringing", "direction": "incoming", "from": "+12025550142",
                   "to": "+493023125610", "at": f"{start}Z"}  # fmt: skip
        self._send_events(
            phone | ringing | values,
            phone | {"event": "answered", "at": f"{start}Z"},
            {"call": ref, "leg": phone["leg"], "event": "ended", "at": self._later(start, seconds)},
            {"call": ref, "event": "ended", "at": self._later(start, seconds)},
        )
        self._run_pending_jobs()
        return self._call(ref)

    def _join(self):
        self._send_events({"call": "b", "event": "joined", "with": "a"})
        self._run_pending_jobs()
        call = self._call("a")
        self.assertEqual(self._call("b"), call)
        self.assertFalse(call.job_error)
        return call

    def _fix(self, line):
        """Validate a line as Odoo's timesheet_grid does, which is not installed."""
        self.startPatcher(
            patch(f"{LINE}.validated", property(lambda each: each == line), create=True)
        )

    def test_who_spoke_in_both_calls_has_one_line_with_all_of_it(self):
        one, other = self._log_both()
        self.assertEqual((self._minutes(one), self._minutes(other)), ({"alice": 1}, {"alice": 2}))
        call = self._join()
        self.assertEqual(len(call.timesheet_ids), 1)
        self.assertEqual(self._minutes(call), {"alice": 3})
        self.assertFalse(call.time_difference_label)

    def test_everybody_who_spoke_has_a_line(self):
        self._log_both("102")
        call = self._join()
        self.assertEqual(len(call.timesheet_ids), 2)
        self.assertEqual(self._minutes(call), {"alice": 1, "bob": 2})

    def test_a_validated_line_keeps_its_hours_and_the_call_shows_the_difference(self):
        for fixed in ("a", "b"):
            with self.subTest(fixed):
                self._log_both()
                line = self._call(fixed).timesheet_ids
                minutes = self._minutes(self._call(fixed))
                self._fix(line)
                call = self._join()
                self.assertEqual(call.timesheet_ids, line)
                self.assertEqual(self._minutes(call), minutes)
                self.assertIn("3:00", call.time_difference_label)
                self.assertIn(f"{minutes['alice']:.0f}:00", call.time_difference_label)
                self.env["call.event"].search([("pbx_id", "=", self.pbx.id)]).unlink()
                call.timesheet_ids.call_id = False
                call.unlink()

    def test_a_line_that_a_person_has_changed_remains_as_it_is(self):
        _one, other = self._log_both()
        line = other.timesheet_ids
        line.unit_amount = 1
        call = self._join()
        self.assertEqual((call.timesheet_ids, line.unit_amount), (line, 1))

    def test_a_line_that_a_person_has_deleted_does_not_come_back(self):
        one, other = self._log_both()
        (one.timesheet_ids | other.timesheet_ids).unlink()
        self.assertFalse(self._join().timesheet_ids)

    def test_a_line_that_a_person_has_added_moves_to_the_call_that_remains(self):
        _one, other = self._log_both("102")
        line = self.env["account.analytic.line"].create(
            {"name": "Advice", "project_id": self.project.id, "call_id": other.id,
             "employee_id": self.employee_bob.id, "unit_amount": 1}
        )  # fmt: skip
        self.assertIn(line, self._join().timesheet_ids)

    def test_a_validated_line_of_a_call_that_is_part_of_a_private_one_is_unlinked(self):
        self.company.call_private_hours = 10**6
        one, other = self._log_both()
        self._make_private(other.with_user(self.alice))
        line = one.timesheet_ids
        self._fix(line)
        self._send_events({"call": "b", "event": "joined", "with": "a"})
        self.assertTrue(one.is_private)
        self.assertFalse(one.partner_id or one.leg_ids)
        self.assertNotIn("555014", one.remote_number)
        self.assertTrue(line.exists())
        self.assertFalse(line.call_id or one.job_error)
