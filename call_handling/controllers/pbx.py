import logging
from datetime import datetime, timezone

from odoo import http
from odoo.http import request
from odoo.tools import consteq

from ..adapters.api import ApiError
from ..adapters.request import Refused, WebhookRequest
from ..models.call_pbx_access_mixin import WEBHOOK_PATH

_logger = logging.getLogger(__name__)

MAX_BODY = 256 * 1024  # bytes


class PbxController(http.Controller):
    """Where telephone systems send their events."""

    _webhook_url = f"{WEBHOOK_PATH}/<string:token>"

    @http.route(
        _webhook_url,
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_BODY,
    )
    def receive(self, token):
        """Take the events of a request.

        A refusal tells the sender nothing; the administrator finds the reason at the
        telephone system's record.

        :param str token: last part of the telephone system's address
        """
        # sudo: telephone systems have no user; the token and the signature let them in
        env_sudo = request.env(su=True)
        try:
            pbx_id, known_token, adapter = env_sudo["call.pbx"]._get_gate(token)
        except KeyError:
            return refuse()
        if not consteq(known_token, token):
            return refuse()
        pbx_sudo = env_sudo["call.pbx"].browse(pbx_id)
        webhook_request = read_request()
        try:
            reply = env_sudo["call.intake"]._receive(pbx_sudo, adapter, webhook_request)
            react(adapter, webhook_request, reply)
            if number := adapter.find_question(webhook_request):
                reply = adapter.reply_contact(pbx_sudo._find_contact(number))
        except Refused as refused:
            pbx_sudo._count_refusal(refused.refusal)
            return refuse()
        return request.make_response(
            reply.body, [("Content-Type", reply.content_type)], status=reply.status
        )


def react(adapter, webhook_request, reply):
    """Let the adapter tell the telephone system what to do next. What was stored stays stored
    if that fails.

    :param adapters.base.Adapter adapter: the telephone system's own
    :param adapters.request.WebhookRequest webhook_request: what was let in
    :param adapters.base.Reply reply: what it will be answered
    """
    if reply.status >= 400:
        return
    try:
        adapter.react(webhook_request)
    except ApiError as error:
        _logger.warning("%s did not do what it was asked: %s", adapter.name, error.problem.value)


def read_request():
    """The present request without Odoo's part in it.

    :rtype: adapters.request.WebhookRequest
    """
    http_request = request.httprequest
    return WebhookRequest(
        body=http_request.get_data(),
        received_at=datetime.now(timezone.utc),
        content_type=http_request.mimetype,
        headers={name.lower(): value for name, value in http_request.headers.items()},
        form=tuple(http_request.form.items(multi=True)),
        query=http_request.query_string.decode("ascii", "backslashreplace"),
    )


def refuse():
    """The same answer, whatever was wrong."""
    return request.make_json_response({"error": "refused"}, status=403)
