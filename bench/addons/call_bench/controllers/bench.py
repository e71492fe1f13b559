from odoo import http
from odoo.http import request


class BenchController(http.Controller):
    """The yardstick: takes a request of the same kind and inserts one row through the ORM."""

    @http.route(
        "/call_bench/insert/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
    )
    def insert(self, token, **_fields):
        body = request.httprequest.get_data(as_text=True)
        # sudo: as the webhook, the sender has no user
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
        """The least that reaches a browser: a message to a user."""
        # sudo: as above
        user_sudo = request.env["res.users"].sudo().browse(user_id)
        user_sudo._bus_send("call_bench.bare", {})
        return request.make_json_response({"accepted": 1})
