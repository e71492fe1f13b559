import logging
from datetime import datetime, timezone

from odoo import http
from odoo.http import request
from odoo.tools import consteq

from ..adapters.api import ApiError
from ..adapters.request import Refusal, Refused, WebhookRequest
from ..adapters.sender import read_report
from ..intake import Intake
from ..models.pbx.access import WEBHOOK_PATH

_logger = logging.getLogger(__name__)

MAX_BODY = 256 * 1024  # bytes


class PbxController(http.Controller):
    """Receives the events of telephone systems."""

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
        """Accept the events of a request.

        A refusal reveals nothing to the sender; the record of the telephone system shows the
        reason to the administrator.

        :param str token: last part of the telephone system's address
        """
        # sudo: telephone systems have no user; the token and the signature authenticate them
        env_sudo = request.env(su=True)
        try:
            pbx_id, known_token, adapter = env_sudo["call.pbx"]._find_by_token(token)
        except KeyError:
            return refuse()
        if not consteq(known_token, token):
            return refuse()
        pbx_sudo = env_sudo["call.pbx"].browse(pbx_id)
        webhook_request = read_request()
        intake, delivery = Intake(pbx_sudo, adapter), request.call_delivery
        try:
            reply = intake.receive(webhook_request)
            delivery.report = read_report(webhook_request)
            delivery.needs_old_secret = adapter.needs_old_secret(webhook_request)
            delivery.count(intake.receipt)
            react(adapter, webhook_request, reply)
            if number := adapter.find_lookup(webhook_request):
                reply = adapter.reply_contact(pbx_sudo._find_contact(number))
        except Refused as refused:
            pbx_sudo._count_refusal(refused.refusal)
            delivery.reason = refused.refusal.value
            if refused.refusal is Refusal.OLD:
                # It is signed: only the clocks differ.
                delivery.report = read_report(webhook_request)
            return refuse()
        return request.make_response(
            reply.body, [("Content-Type", reply.content_type)], status=reply.status
        )


def react(adapter, webhook_request, reply):
    """Let the adapter ask the telephone system for what comes next. If that fails, what was
    stored remains stored.

    :param adapters.base.Adapter adapter: of the telephone system
    :param adapters.request.WebhookRequest webhook_request: what was accepted
    :param adapters.base.Reply reply: the answer to it
    """
    if reply.status >= 400:
        return
    try:
        adapter.react(webhook_request)
    except ApiError as error:
        _logger.warning(
            "%s did not do what it was asked to do: %s", adapter.name, error.problem.value
        )


def read_request():
    """Return the current request, without what belongs to Odoo.

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
    """Return the same answer, whatever was wrong."""
    return request.make_json_response({"error": "refused"}, status=403)
