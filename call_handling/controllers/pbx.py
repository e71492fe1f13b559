import logging
from datetime import datetime, timezone

import werkzeug.exceptions
from psycopg2 import OperationalError

from odoo import http
from odoo.exceptions import ConcurrencyError
from odoo.http import request

from ..adapters.api import ApiError
from ..adapters.request import Refusal, Refused, TooMany, WebhookRequest
from ..adapters.sender import read_report
from ..intake import Intake
from ..models.ir_http import MAX_BODY, answer, answer_failure
from ..models.pbx.access import WEBHOOK_PATH
from ..tools import log_failure
from ..tools.refusing import make_refusal

_logger = logging.getLogger(__name__)


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
        try:
            response = self._receive(token)
            request.env.cr.flush()
        except (ConcurrencyError, OperationalError):
            raise  # Odoo tries it again
        except Exception as error:
            log_failure(_logger, "A request failed", error)
            werkzeug.exceptions.abort(answer_failure())  # it rolls back what was done
        return response

    def _receive(self, token):
        # sudo: telephone systems have no user; the token and the signature authenticate them
        env_sudo = request.env(su=True)
        # unknown addresses were refused before the body was read, see `ir.http`
        pbx_id, _token, adapter = env_sudo["call.pbx"]._find_by_token(token)
        pbx_sudo = env_sudo["call.pbx"].browse(pbx_id)
        webhook_request = read_request()
        intake, delivery = Intake(pbx_sudo, adapter), request.call_delivery
        try:
            reply = intake.receive(webhook_request)
            note_sender(delivery, adapter, webhook_request)
            delivery.needs_old_secret = adapter.needs_old_secret(webhook_request)
            delivery.count(intake.receipt)
            react(adapter, webhook_request, reply)
            if number := adapter.find_lookup(webhook_request):
                reply = adapter.reply_contact(pbx_sudo._find_contact(number))
        except Refused as refused:
            delivery.reason = refused.refusal.value
            if refused.refusal is Refusal.OLD:
                # the signature is right, so is what it says about the clock
                note_sender(delivery, adapter, webhook_request)
            return make_refusal(pbx_id)
        except TooMany as error:
            delivery.reason = Refusal.TOO_MANY.value
            note_sender(delivery, adapter, webhook_request)
            return answer(str(error), 413, max_events=error.limit)
        return request.make_response(
            reply.body, [("Content-Type", reply.content_type)], status=reply.status
        )


def note_sender(delivery, adapter, webhook_request):
    """Note what the sender of a request says about itself, once it has proved who it is.

    :param models.health.deliveries.Delivery delivery: of the request
    :param adapters.base.Adapter adapter: of the telephone system
    :param adapters.request.WebhookRequest webhook_request: the request
    """
    sent_at = adapter.read_clock(webhook_request)
    delivery.report = read_report(webhook_request, sent_at)


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
    except Exception as error:
        log_failure(_logger, f"{adapter.name} was not asked to do what comes next", error)


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
