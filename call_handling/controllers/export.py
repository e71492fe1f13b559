import json

from odoo import http
from odoo.http import request

from odoo.addons.web.controllers.export import (
    CSVExport,
    ExcelExport,
    ExportXlsxWriter,
    GroupExportXlsxWriter,
)

from ..tools import readable_duration

DAY = 24 * 60 * 60  # seconds; spreadsheets count time in days
FORMAT = "[h]:mm:ss"
SECONDS = "seconds"


class DurationWriter:
    """Writes durations as such, not as bare seconds, so that they can be read and added up.

    :ivar durations: indexes of the columns with durations in seconds
    """

    def __init__(self, *args):
        super().__init__(*args)
        self.durations = _find_durations(self.fields)
        self.duration_style = self.workbook.add_format({"num_format": FORMAT})
        bold = {"bold": True, "bg_color": "#e9ecef", "num_format": FORMAT}
        self.header_duration_style = self.workbook.add_format(bold)

    def write_cell(self, row, column, cell_value):
        if column in self.durations and isinstance(cell_value, (int, float)):
            return self.write(row, column, cell_value / DAY, self.duration_style)
        return super().write_cell(row, column, cell_value)


class CallXlsxWriter(DurationWriter, ExportXlsxWriter):
    """An export without groups."""


class CallGroupXlsxWriter(DurationWriter, GroupExportXlsxWriter):
    """An export with groups, and totals of them."""

    def _write_group_header(self, row, column, label, group, group_depth=0):
        position = super()._write_group_header(row, column, label, group, group_depth)
        for index in self.durations - {0}:  # the first column has the name of the group
            total = group.aggregated_values.get(self.fields[index]["name"])
            if total is not None:
                self.write(row, column + index, total / DAY, self.header_duration_style)
        return position


class DurationExport:
    """Marks the exported columns that are durations. Those of an export that is to be imported
    again remain numbers."""

    def base(self, data):
        params = json.loads(data)
        if not params["import_compat"]:
            for column in params["fields"]:
                field = _get_exported_field(params["model"], column["name"])
                column["unit"] = getattr(field, "unit", None)
            data = json.dumps(params)
        return super().base(data)


class CallExcelExport(DurationExport, ExcelExport):
    """Exports for people have durations as they are on screen."""

    @http.route()
    def web_export_xlsx(self, data):
        return super().web_export_xlsx(data)

    def from_data(self, fields, columns_headers, rows):
        if not _find_durations(fields):
            return super().from_data(fields, columns_headers, rows)
        with CallXlsxWriter(fields, columns_headers, len(rows)) as writer:
            for row_index, row in enumerate(rows, start=1):
                for column, value in enumerate(row):
                    writer.write_cell(row_index, column, value)
        return writer.value

    def from_group_data(self, fields, columns_headers, groups):
        if not _find_durations(fields):
            return super().from_group_data(fields, columns_headers, groups)
        with CallGroupXlsxWriter(fields, columns_headers, groups.count) as writer:
            position = 1, 0
            for name, group in groups.children.items():
                position = writer.write_group(*position, name, group)
        return writer.value


class CallCsvExport(DurationExport, CSVExport):
    """As :class:`CallExcelExport`."""

    @http.route()
    def web_export_csv(self, data):
        return super().web_export_csv(data)

    def from_data(self, fields, columns_headers, rows):
        durations = _find_durations(fields)
        shown = [
            [
                readable_duration(round(value))
                if column in durations and isinstance(value, (int, float))
                else value
                for column, value in enumerate(row)
            ]
            for row in rows
        ]
        return super().from_data(fields, columns_headers, shown)


def _get_exported_field(model_name, path):
    """Return the field to which an exported path leads; ``None`` if it is no field.

    :param str model_name: of the exported records
    :param str path: names of fields, separated by slashes
    """
    field = None
    for name in path.split("/"):
        model = request.env.get(model_name)
        field = model._fields.get(name) if model is not None else None
        model_name = field and field.comodel_name
    return field


def _find_durations(fields):
    """Return the indexes of the columns that are durations in seconds.

    :param list fields: the exported columns
    :rtype: set[int]
    """
    return {index for index, field in enumerate(fields) if field.get("unit") == SECONDS}
