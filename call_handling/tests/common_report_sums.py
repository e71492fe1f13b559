from contextlib import ExitStack, contextmanager
from datetime import date
from unittest.mock import patch

from odoo.tests import freeze_time


class ReportSumsMixin:
    """Adds up days as the scheduled action does, and compares reports with their calls."""

    stored_at = "2027-06-01 12:00:00"

    def _mark_all(self):
        """Let all days be added up again, whatever has changed."""
        self.env.flush_all()
        self.env["call.report.live"]._add(self.company, [(date.min, date.max)])

    def _add_up(self, at=None):
        """Do what the scheduled action does, for one company."""
        self.env.flush_all()
        live = self.env["call.report.live"]
        with freeze_time(at or self.stored_at):
            while live._recompute_next(self.company):
                pass

    def _get_live(self):
        """Return the days of the company that reports read live."""
        self.env.flush_all()
        return self.env["call.report.live"]._get_days()[self.company.id]

    def _is_live(self, day):
        day = date.fromisoformat(day)
        return any(first <= day <= last for first, last in self._get_live())

    @contextmanager
    def _without_sums(self):
        """Within this context, reports read nothing but calls."""
        with ExitStack() as stack:
            for report in self.env["call.report.live"]._get_reports():
                stack.enter_context(patch.object(type(report), "_stored_in", ()))
            yield

    def _get_sums_for(self, report, domain=(), groupby=(), aggregates=("__count",)):
        """Return the model whose sums answer a question; ``None`` if only calls do."""
        select = type(report)._select_sums
        with patch.object(type(report), "_select_sums", autospec=True, side_effect=select) as used:
            report._read_group(domain, groupby, aggregates)
        return used.call_args.args[1]._name if used.called else None
