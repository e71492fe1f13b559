from datetime import timedelta

from freezegun import freeze_time

from odoo import fields

from .common_time import CallTimeCommon

NUMBER = "+12025550142"
NAME = "Zoë O'Quillan"
DAYS = 365
DAY_FIELDS = ("raw", "event", "recording", "note", "people", "private")


class RetentionCommon(CallTimeCommon):
    """A company that keeps data for a year, and what happens more than a year later."""

    @classmethod
    def _keep(cls, **days):
        """Set for how many days the company keeps each kind; 0 for the others."""
        wanted = dict.fromkeys(DAY_FIELDS, 0) | days
        cls.company.write({f"call_keep_{name}_days": number for name, number in wanted.items()})

    def _much_later(self, days=DAYS * 2):
        return freeze_time(fields.Datetime.now() + timedelta(days=days))

    def _delete_what_is_old(self):
        """Run the scheduled action, long after everything has happened."""
        with self._much_later():
            self._run_scheduled_action("ir_cron_retention")

    def _events_of(self, ref="c1"):
        return self.env["call.event"].search(
            [("pbx_id", "=", self.pbx.id), ("call_ref", "=", ref)], order="id"
        )

    def _totals(self):
        """Return what statistics, timesheets and invoices say about the company.

        :return: numbers by whatever they are counted by
        """
        calls = self.env["call.call"].search([("company_id", "=", self.company.id)])
        of_calls = [("id", "in", calls.ids)]
        totals = {
            by: self.env["call.call"]._read_group(
                of_calls, [by], ["__count", "talk_seconds:sum", "wait_seconds:sum"]
            )
            for by in (
                "date_start:day", "direction", "outcome", "call_type", "user_id", "employee_id",
                "department_id", "line_id", "category_id", "project_id", "is_outside_hours",
            )
        }  # fmt: skip
        totals["legs"] = self.env["call.leg"]._read_group(
            [("call_id", "in", calls.ids)],
            ["user_id", "extension", "outcome"],
            ["__count", "talk_seconds:sum"],
        )
        totals["lines"] = self.env["account.analytic.line"]._read_group(
            [("call_id", "in", calls.ids)],
            ["employee_id", "project_id", "date:day"],
            ["__count", "unit_amount:sum", "amount:sum"],
        )
        totals["callbacks"] = self.env["call.callback"]._read_group(
            [("company_id", "=", self.company.id)],
            ["department_id"],
            ["__count", "wait_seconds:sum", "missed_count:sum"],
        )
        return totals
