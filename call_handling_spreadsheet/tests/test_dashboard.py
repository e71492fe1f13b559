import json
import re

from odoo.tests import HttpCase, tagged
from odoo.tools import file_open

from odoo.addons.call_handling.tests.common_reports import ReportsCommon

FILE = "call_handling_spreadsheet/data/files/calls_dashboard.json"

# Waits until everything is loaded, then compares what the cells show.
CHECK = """
const services = odoo.__WOWL_DEBUG__.root.env.services;
const timer = setInterval(() => {
    const model = services.spreadsheet_dashboard_loader?.getActiveDashboard()?.model;
    if (!model) {
        return;
    }
    const { getters } = model;
    const cells = getters
        .getSheetIds()
        .flatMap((sheetId) => Object.values(getters.getEvaluatedCells(sheetId)));
    if (cells.some((cell) => cell.value === "Loading..." || cell.message === "Loading...")) {
        return;
    }
    clearInterval(timer);
    const failed = cells.filter((cell) => cell.type === "error");
    const shown = [0, 1, 2, 3, 4, 5].map(
        (row) => getters.getEvaluatedCell({ sheetId: "call-data", col: 1, row }).formattedValue
    );
    if (failed.length) {
        console.error(failed.map((cell) => cell.value + " " + cell.message).join());
    } else if (JSON.stringify(shown) !== JSON.stringify(%s)) {
        console.error("shown: " + JSON.stringify(shown));
    } else {
        console.log("test successful");
    }
}, 200);
"""


@tagged("post_install", "-at_install")
class TestDashboardFile(ReportsCommon):
    """The dashboard reads what there is."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        with file_open(FILE) as file:
            cls.book = json.load(file)
        cls.report = cls.env["call.report"].with_user(cls.boss)

    def test_every_field_and_measure_exists(self):
        self.assertTrue(self.book["pivots"])
        for pivot in self.book["pivots"].values():
            self.assertEqual(pivot["model"], self.report._name)
            names = [group["fieldName"] for group in pivot["rows"] + pivot["columns"]]
            for name in names + [match["chain"] for match in pivot["fieldMatching"].values()]:
                self.assertIn(name, self.report._fields)
            for measure in pivot["measures"]:
                field = self.report._fields[measure["fieldName"]]
                self.assertEqual(measure["aggregator"], field.aggregator or "sum")
                self.assertEqual(measure["id"], f"{field.name}:{measure['aggregator']}")
            groupby = [
                f"{group['fieldName']}:{group['granularity']}" if "granularity" in group
                else group["fieldName"] for group in pivot["rows"] + pivot["columns"]
            ]  # fmt: skip
            measures = [measure["id"] for measure in pivot["measures"]]
            self.report.formatted_read_grouping_sets(pivot["domain"], [groupby], measures)

    def test_every_formula_reads_a_pivot_table_and_a_measure_of_it(self):
        formulas = [cell for sheet in self.book["sheets"] for cell in sheet["cells"].values()]
        for formula in formulas:
            for number in re.findall(r"PIVOT\((\d+)", formula):
                self.assertIn(number, self.book["pivots"])
            for number, measure in re.findall(r'PIVOT\.VALUE\((\d+),"(.*?)"', formula):
                measures = self.book["pivots"][number]["measures"]
                self.assertIn(measure, [each["id"] for each in measures])

    def test_every_tile_opens_a_menu(self):
        tiles = [figure["id"] for sheet in self.book["sheets"] for figure in sheet["figures"]]
        for figure, menu in self.book["chartOdooMenusReferences"].items():
            self.assertIn(figure, tiles)
            self.assertTrue(self.env.ref(menu))


@tagged("post_install", "-at_install")
class TestDashboardInBrowser(ReportsCommon, HttpCase):
    """It opens without an error, and shows the figures of the calls that its user sees."""

    def test_a_lead_opens_it(self):
        day = self.env["call.report"]._get_local_now().date().isoformat()
        self._incoming("00:30:00", day=day, wait=10, talk=60)
        self._incoming("00:31:00", day=day, wait=10, talk=60)
        self._incoming("00:32:00", day=day, wait=45)
        self._incoming("00:33:00", day=day, wait=45, phones=("104",))  # of another department
        self.env.flush_all()
        dashboard = self.env.ref("call_handling_spreadsheet.spreadsheet_dashboard_calls")
        shown = ["3", "67%", "67%", "1", "0:00:10", "0:00:45"]
        self.browser_js(
            f"/odoo/dashboards?dashboard_id={dashboard.id}",
            CHECK % json.dumps(shown),
            "odoo.isReady && odoo.__WOWL_DEBUG__ && odoo.__WOWL_DEBUG__.root",
            login="lead",
        )
