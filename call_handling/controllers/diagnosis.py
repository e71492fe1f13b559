import json

from odoo import fields, http
from odoo.http import content_disposition, request

from ..models.diagnosis.call_pbx import PATH

MODELS = ("call.call", "call.pbx")


class DiagnosisController(http.Controller):
    """Gives out diagnosis files."""

    @http.route(f"{PATH}/<string:model>/<int:record_id>", type="http", auth="user", methods=["GET"])
    def download(self, model, record_id):
        """Download the diagnosis file of a call or of a telephone system.

        :param str model: one of :data:`MODELS`
        :param int record_id: the record
        :raise AccessError: the user may not
        """
        record = request.env[model].browse(record_id).exists() if model in MODELS else None
        if not record:
            raise request.not_found()
        content = record._make_diagnosis()
        request.env["call.audit"]._log("diagnosis", record)
        name = f"diagnosis-{content['system']['adapter']}-{fields.Date.today()}.json"
        return request.make_response(
            json.dumps(content, indent=1),
            [
                ("Content-Type", "application/json"),
                ("Content-Disposition", content_disposition(name)),
                ("Cache-Control", "no-store"),
            ],
        )
