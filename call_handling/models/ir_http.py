import json

import werkzeug.exceptions

from odoo import SUPERUSER_ID, models
from odoo.http import Response, request
from odoo.tools import consteq

from ..tools import OWN, refresh_caches, see_concurrent_commits, survive_crashes
from ..tools.refusing import make_refusal, stop_reading
from .pbx.access import is_of_telephone_system

MAX_BODY = 256 * 1024  # bytes of a request of a telephone system


def answer(error, status, **further):
    """Return an answer to a telephone system, in JSON."""
    body = json.dumps({"error": error} | further)
    return Response(body, status, content_type="application/json; charset=utf-8")


def answer_failure():
    """Return the answer to a request that was not processed, and must be sent again."""
    return answer("failed; send it again", 503)


def answer_too_large(limit):
    """Return the answer to a request that must be sent again in parts.

    :param int limit: bytes that a request may have
    """
    return answer("the body is too large; send smaller batches", 413, max_bytes=limit)


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    def _register_hook(self):
        super()._register_hook()
        survive_crashes(self.env.registry)

    @classmethod
    def _authenticate(cls, endpoint):
        # Before the first query of the request, which looks for the public user
        if is_of_telephone_system(request.httprequest.path):
            see_concurrent_commits(request.env.cr)
            refresh_caches(request.env)
        return super()._authenticate(endpoint)

    @classmethod
    def _pre_dispatch(cls, rule, args):
        is_webhook = is_of_telephone_system(rule.rule)
        if is_webhook and not cls._is_known_address(args["token"]):
            # before anything is read: it may come slowly, and take the worker from others
            stop_reading()
            werkzeug.exceptions.abort(make_refusal())
        super()._pre_dispatch(rule, args)
        if not is_webhook:
            return
        # Signatures cover the raw body. Odoo reads a form from it before the route is called,
        # and nothing remains: keep the bytes.
        http_request = request.httprequest
        if not cls._read_body(http_request):
            werkzeug.exceptions.abort(answer_too_large(http_request.max_content_length))

    @classmethod
    def _is_known_address(cls, token):
        # telephone systems have no user
        pbx_model_sudo = request.env(user=SUPERUSER_ID)["call.pbx"]
        try:
            _pbx_id, known_token, _adapter = pbx_model_sudo._find_by_token(token)
        except KeyError:
            return False
        return consteq(known_token, token)

    @classmethod
    def _read_body(cls, http_request):
        """Read the body, so that it is cached.

        :return: whether it is within the limit of the route
        :rtype: bool
        """
        try:
            body = http_request.get_data(cache=True)
        except werkzeug.exceptions.RequestEntityTooLarge:
            return False
        # A body without a length is cut off at the limit, without an error.
        is_cut_off = len(body) >= http_request.max_content_length
        return http_request.content_length is not None or not is_cut_off

    @classmethod
    def _dispatch(cls, endpoint):
        if is_of_telephone_system(request.httprequest.path):
            # A sender's form fields are content and must not become arguments of the route.
            request.params = {"token": request.params["token"]}
        return super()._dispatch(endpoint)

    @classmethod
    def _handle_error(cls, exception):
        """Override: what fails while events are stored or processed has nothing to do with the
        request. The telephone system must send it again, which it does not after a 4xx."""
        if not is_of_telephone_system(request.httprequest.path):
            return super()._handle_error(exception)
        if not isinstance(exception, werkzeug.exceptions.HTTPException):
            return answer_failure()
        if isinstance(exception, werkzeug.exceptions.NotFound):
            return answer("refused", 403)  # as with any other wrong address
        if isinstance(exception, werkzeug.exceptions.RequestEntityTooLarge):
            return answer_too_large(request.httprequest.max_content_length)
        return super()._handle_error(exception)

    def session_info(self):
        """Override of `web` to add how the user wants to be informed about calls."""
        info = super().session_info()
        if self.env.user.has_group(OWN):
            dials = bool(self.env["call.dial"]._get_dialling_systems())
            info["call_handling"] = self.env.user._get_call_preferences() | {"dials": dials}
        return info
