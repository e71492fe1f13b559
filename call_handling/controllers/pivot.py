import json

from werkzeug.datastructures import FileStorage

from odoo import http
from odoo.http import request

from odoo.addons.web.controllers.pivot import TableExporter


class PivotController(TableExporter):
    """Pivot tables that are downloaded."""

    def _is_readonly(self, rule, args):
        return False  # the access log is written

    @http.route(readonly=_is_readonly)
    def export_xlsx(self, data, **kw):
        """Override to record who downloads data of calls."""
        text = data.read() if isinstance(data, FileStorage) else data
        response = super().export_xlsx(text, **kw)
        request.env["call.audit"]._log_pivot(json.loads(text))
        return response
