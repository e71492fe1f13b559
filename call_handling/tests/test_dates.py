from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from .common import CallCommon

FIRST = fields.Datetime.to_datetime("2000-01-01")
AHEAD = 36525  # days
DATES = st.datetimes(
    min_value=fields.Datetime.to_datetime("0001-01-01"),
    max_value=fields.Datetime.to_datetime("9999-12-31 23:59:59"),
).map(lambda moment: moment.replace(microsecond=0))


@tagged("post_install", "-at_install")
class TestDates(CallCommon):
    """Dates that people enter can be meant, whatever the field and the way."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.missed = cls._log_call("missed", answered=False)
        cls.by_hand = cls.env["call.call"].with_user(cls.alice).create({})
        cls.records = {
            ("call.call", "date_start"): cls.by_hand,
            ("call.callback", "date_next"): cls.missed.callback_id.with_user(cls.lead),
        }

    def _get_writable_dates(self):
        """Return all dates of ours that people write, of whatever model."""
        return {
            (model._name, name)
            for model in map(self.env.__getitem__, self.env.registry)
            if not model._abstract and hasattr(model, "_get_restricted_fields")
            for name, who in model._get_restricted_fields().items()
            if who and model._fields[name].type in ("date", "datetime")
        }

    def test_every_date_that_people_write_has_a_record_here(self):
        self.assertEqual(self._get_writable_dates(), self.records.keys())

    def _is_accepted(self, function):
        try:
            with self.env.cr.savepoint():
                function()
                self.env.flush_all()
        except UserError as error:
            self.assertIn("check the date", error.args[0])
            return False
        return True

    def test_dates_that_cannot_be_meant_are_refused(self):
        for (model, name), record in self.records.items():
            with self.subTest(model=model, name=name):
                self._write_any_date(record, name)

    def _write_any_date(self, record, name):
        days = getattr(record._fields[name], "days_ahead", None) or AHEAD
        latest = fields.Datetime.now() + timedelta(days)

        @settings(max_examples=30, deadline=None, database=None)
        @given(DATES)
        @example(FIRST - timedelta(seconds=1))
        @example(FIRST)
        @example(latest + timedelta(minutes=5))
        @example(latest - timedelta(minutes=5))
        def any_date(moment):
            value = moment.isoformat(" ")
            accepted = self._is_accepted(lambda: record.write({name: value}))
            self.assertEqual(accepted, FIRST <= moment <= latest, moment)

        any_date()

    def test_no_way_of_creating_a_record_accepts_them(self):
        calls = self.env["call.call"].with_user(self.alice)
        for year in ("0001", "1999", "9999"):
            value = f"{year}-12-31 23:59:59"
            self.assertFalse(self._is_accepted(lambda v=value: calls.create({"date_start": v})))
            by_default = calls.with_context(default_date_start=value)
            self.assertFalse(self._is_accepted(lambda c=by_default: c.default_get(["date_start"])))
            self.assertGreater(by_default.create({}).date_start.year, 2000)
        result = calls.load(["date_start"], [["1999-12-31 22:59:59"]])
        self.assertIn("check the date", result["messages"][0]["message"])

    def test_a_reminder_of_a_call_has_a_date_that_can_be_meant(self):
        call = self.missed.with_user(self.alice)
        for value in ("0001-01-01", "1999-12-31", "9999-12-31"):
            self.assertFalse(
                self._is_accepted(lambda v=value: call.activity_schedule(date_deadline=v))
            )
        activity = call.activity_schedule(date_deadline=fields.Date.today())
        self.assertFalse(self._is_accepted(lambda: activity.write({"date_deadline": "9999-01-01"})))
        other = self.alice.partner_id.sudo().activity_schedule(date_deadline="1999-12-31")
        self.assertTrue(other)

    def test_what_a_telephone_system_reports_is_not_refused(self):
        self._log_call("future", at="2099-01-01T10:00:00Z")
        self.assertTrue(self._call("future"))
