import json

import werkzeug.exceptions

from odoo import models
from odoo.http import Response, request

from .call_pbx_access_mixin import WEBHOOK_PATH


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _pre_dispatch(cls, rule, args):
        super()._pre_dispatch(rule, args)
        if not rule.rule.startswith(WEBHOOK_PATH):
            return
        # Signatures are over the raw body. Odoo reads a form from it before the route is
        # called, and nothing is left: keep the bytes.
        try:
            request.httprequest.get_data(cache=True)
        except werkzeug.exceptions.RequestEntityTooLarge:
            answer = json.dumps({"error": "the body is too large; send smaller batches"})
            werkzeug.exceptions.abort(Response(answer, 413, content_type="application/json"))

    @classmethod
    def _dispatch(cls, endpoint):
        if request.httprequest.path.startswith(WEBHOOK_PATH):
            # A sender's form fields are content, they must not become arguments of the route.
            request.params = {"token": request.params["token"]}
        return super()._dispatch(endpoint)
