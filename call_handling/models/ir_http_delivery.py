import contextlib
import functools

import werkzeug.exceptions

from odoo import models
from odoo.http import request

from .health.deliveries import Delivery, deliveries
from .pbx.access import find_token


class IrHttp(models.AbstractModel):
    """Notes how each request of a telephone system is answered, whatever the answer, and whether
    or not its transaction is rolled back: see :mod:`.health.deliveries`."""

    _inherit = "ir.http"

    @classmethod
    def _authenticate(cls, endpoint):
        """Override: here begins what is done for a request, also when it is tried again."""
        http_request = request.httprequest
        if token := find_token(http_request.path):
            request.call_delivery = Delivery(token, http_request.content_length or 0)
        with cls._noting_refusal():
            return super()._authenticate(endpoint)

    @classmethod
    def _pre_dispatch(cls, rule, args):
        with cls._noting_refusal():
            return super()._pre_dispatch(rule, args)

    @classmethod
    def _is_known_address(cls, token):
        """Override: what comes to other addresses must not displace anything in the log."""
        is_known = super()._is_known_address(token)
        request.call_delivery.is_known = is_known
        return is_known

    @classmethod
    def _dispatch(cls, endpoint):
        with cls._noting_refusal():
            return super()._dispatch(endpoint)

    @classmethod
    def _post_dispatch(cls, response):
        cls._note_answer(response)
        return super()._post_dispatch(response)

    @classmethod
    def _handle_error(cls, exception):
        response = super()._handle_error(exception)
        cls._note_answer(response)
        return response

    @classmethod
    @contextlib.contextmanager
    def _noting_refusal(cls):
        """Note the answer of a request that is ended by raising its answer."""
        try:
            yield
        except werkzeug.exceptions.HTTPException as exception:
            if exception.response is not None:
                cls._note_answer(exception.response)
            raise

    @classmethod
    def _note_answer(cls, response):
        """Note an answer once it was sent: one whose request is tried again never is."""
        if delivery := getattr(request, "call_delivery", None):
            note = functools.partial(deliveries.add, request.db, delivery, response.status_code)
            response.call_on_close(note)
