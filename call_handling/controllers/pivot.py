import io
import json

from openpyxl import load_workbook
from werkzeug.datastructures import FileStorage

from odoo import http
from odoo.http import request

from odoo.addons.web.controllers.pivot import TableExporter

from .export import DAY, FORMAT, SECONDS

SHARE = "share"
SHARE_FORMAT = "0.0%"


class PivotController(TableExporter):
    """Pivot tables that are downloaded."""

    def _is_readonly(self, rule, args):
        return False  # the access log is written

    @http.route(readonly=_is_readonly)
    def export_xlsx(self, data, **kw):
        """Override to record who downloads data of calls, and to write durations and shares as
        such, not as bare numbers."""
        text = data.read() if isinstance(data, FileStorage) else data
        response = super().export_xlsx(text, **kw)
        table = json.loads(text)
        request.env["call.audit"]._log_pivot(table)
        if units := table.get("call_units"):
            response.set_data(_write_units(response.get_data(), table, units))
        return response


def _write_units(content, table, units):
    """Return a pivot table whose measures have the formats of their units.

    :param bytes content: the table as Odoo writes it
    :param dict table: as the browser sends it
    :param list units: of the measures, in the order of their columns; empty for plain numbers
    :rtype: bytes
    """
    book = load_workbook(io.BytesIO(content))
    heads = len(table["col_group_headers"]) + bool(table["measure_headers"])
    for row in book.active.iter_rows(min_row=heads + 1, min_col=2):
        for index, cell in enumerate(row):
            unit = units[index % len(units)]
            if isinstance(cell.value, (int, float)) and unit == SECONDS:
                cell.value, cell.number_format = cell.value / DAY, FORMAT
            elif isinstance(cell.value, (int, float)) and unit == SHARE:
                cell.number_format = SHARE_FORMAT
    result = io.BytesIO()
    book.save(result)
    return result.getvalue()
