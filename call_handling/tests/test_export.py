import csv
import io
import json

from openpyxl import load_workbook

from odoo import http
from odoo.tests import HttpCase, tagged

from .common import CallCommon

COLUMNS = ["remote_number", "talk_seconds", "leg_ids/talk_seconds"]


@tagged("post_install", "-at_install")
class TestExport(CallCommon, HttpCase):
    """What people export from the list of calls, they can read and add up."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.alice.group_ids += cls.env.ref("base.group_allow_export")
        calls = cls.env["call.call"].with_user(cls.alice)
        cls.calls = calls.create(
            [
                {"remote_number": "+493023125610", "talk_seconds": 65 * 60},
                {"remote_number": "+493023125611", "talk_seconds": 35 * 60},
            ]
        )

    def _export(self, kind, **options):
        self.authenticate("alice", "alice")
        data = {
            "model": "call.call",
            "fields": [{"name": name, "label": name, "type": "integer"} for name in COLUMNS],
            "ids": self.calls.ids,
            "domain": [],
            "import_compat": False,
            "context": {},
        }
        form = {"data": json.dumps(data | options), "csrf_token": http.Request.csrf_token(self)}
        answer = self.url_open(f"/web/export/{kind}", data=form)
        self.assertEqual(answer.status_code, 200)
        return answer.content

    def _export_xlsx(self, **options):
        sheet = load_workbook(io.BytesIO(self._export("xlsx", **options))).active
        return [[(cell.value, cell.number_format) for cell in row] for row in sheet.iter_rows()]

    def _export_csv(self, **options):
        return list(csv.reader(io.StringIO(self._export("csv", **options).decode())))

    def _assert_duration(self, cell, minutes):
        value, number_format = cell
        self.assertEqual(number_format, "[h]:mm:ss")
        seconds = value.total_seconds() if hasattr(value, "total_seconds") else value * 86400
        self.assertAlmostEqual(seconds, minutes * 60)

    def test_durations_in_excel_are_durations(self):
        rows = self._export_xlsx()
        self.assertEqual([cell[0] for cell in rows[0]], COLUMNS)
        for row, minutes in zip(rows[1:], (65, 35), strict=True):
            self._assert_duration(row[1], minutes)

    def test_totals_of_groups_in_excel_are_durations(self):
        rows = self._export_xlsx(groupby=["direction"])
        self.assertIn("(2)", rows[1][0][0])
        self._assert_duration(rows[1][1], 100)
        self._assert_duration(rows[2][1], 65)

    def test_durations_in_csv_are_as_on_screen(self):
        rows = self._export_csv()
        self.assertEqual([row[1] for row in rows], ["talk_seconds", "1:05:00", "35:00"])

    def test_what_is_to_be_imported_again_remains_a_number(self):
        rows = self._export_csv(import_compat=True)
        self.assertEqual([row[1] for row in rows[1:]], ["3900", "2100"])

    def test_durations_and_shares_in_a_pivot_table_are_such(self):
        self.authenticate("alice", "alice")
        table = {
            "model": "call.report", "title": "Calls", "measure_count": 3,
            "col_group_headers": [[{"title": "Total", "width": 3, "height": 1}]],
            "measure_headers": [{"title": t, "is_bold": True} for t in ("Calls", "Talk", "Rate")],
            "rows": [
                {"title": "Total", "indent": 0,
                 "values": [{"value": 2}, {"value": 3900}, {"value": 0.805}]},
                {"title": "Sales", "indent": 1,
                 "values": [{"value": 0}, {"value": 0}, {"value": ""}]},
            ],
            "call_units": ["", "seconds", "share"],
        }  # fmt: skip
        answer = self.url_open(
            "/web/pivot/export_xlsx",
            data={"csrf_token": http.Request.csrf_token(self)},
            files={"data": ("blob", json.dumps(table), "application/json")},
        )
        rows = list(load_workbook(io.BytesIO(answer.content)).active.iter_rows())
        calls, talk, rate = rows[2][1:]
        self.assertEqual((calls.value, calls.number_format), (2, "General"))
        self._assert_duration((talk.value, talk.number_format), 65)
        self.assertEqual((rate.value, rate.number_format), (0.805, "0.0%"))
        self.assertIn(rows[3][3].value, (None, ""))
