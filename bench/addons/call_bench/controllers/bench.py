from odoo import http
from odoo.http import request


class BenchController(http.Controller):
    """Minimal routes, which the measurements compare with the webhook."""

    @http.route(
        "/call_bench/insert/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def insert(self, token, **_fields):
        """Insert one row with the ORM."""
        body = request.httprequest.get_data(as_text=True)
        # sudo: as with the webhook, the sender has no user
        request.env["call.bench.row"].sudo().create({"name": token, "body": body})
        return request.make_json_response({"accepted": 1})

    @http.route(
        "/call_bench/bus/<int:user_id>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def send(self, user_id):
        """Send an empty message to the browser of a user."""
        # sudo: as above
        user_sudo = request.env["res.users"].sudo().browse(user_id)
        user_sudo._bus_send("call_bench.bare", {})
        return request.make_json_response({"accepted": 1})
