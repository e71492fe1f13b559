"""Explains why a server that the administrator names has not answered."""

from ..adapters.endpoint import Trouble
from ..adapters.reasons import Reason, Why
from .reasons import explain


def explain_trouble(env, error):
    """Return why a server has not answered, and what to do next, for people.

    :param odoo.api.Environment env: in the language of the reader
    :param adapters.endpoint.EndpointError error: what went wrong
    :return: it may repeat what was sent: for those who may read that
    :rtype: str
    """
    detail = error.detail
    reasons = {
        Trouble.UNREACHABLE: Reason(Why.SERVER_UNREACHABLE, detail=detail),
        Trouble.SLOW: Reason(Why.SERVER_SLOW),
        Trouble.BUSY: Reason(Why.SERVER_BUSY, detail=detail),
        Trouble.DENIED: Reason(Why.SERVER_DENIED, detail=detail),
        Trouble.MISSING: Reason(Why.SERVER_MISSING, detail=detail),
        Trouble.REFUSED: Reason(Why.SERVER_REFUSED, detail=detail),
        Trouble.UNSAFE: Reason(Why.SERVER_UNSAFE, detail=detail),
        Trouble.TOO_LARGE: Reason(Why.SERVER_TOO_LARGE, detail=detail),
        Trouble.NOT_UNDERSTOOD: Reason(Why.SERVER_NOT_UNDERSTOOD, detail=detail),
    }
    return explain(env, reasons[error.trouble])
