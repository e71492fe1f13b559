"""The answer to a request that is refused: it says nothing about the reason, and whoever is
refused too often is asked to wait."""

import contextlib
import socket

from odoo.http import request

from .rate_limit import RateLimit, read_source

# In each worker. A system with a wrong secret is refused for each of its events: the form must
# show that, and the server must not be busy with it.
BY_SOURCE = RateLimit(burst=20, per_minute=20)
BY_SYSTEM = RateLimit(burst=60, per_minute=60)


def make_refusal(pbx_id=None):
    """Return the answer to a request that is refused, and count it for the limits.

    :param int pbx_id: the telephone system whose proof was wrong, if the address is one
    :rtype: odoo.http.Response
    """
    # Both are counted, whatever the other one says.
    waits = [BY_SOURCE.take(read_source(request.httprequest.remote_addr))]
    if pbx_id:
        waits.append(BY_SYSTEM.take((request.db, pbx_id)))
    # A refused sender has no use for a session.
    request.session.can_save = False
    if wait := max(waits):
        headers = [("Retry-After", str(wait))]
        return request.make_json_response({"error": "too many refused"}, headers, status=429)
    return request.make_json_response({"error": "refused"}, status=403)


def stop_reading():
    """Read nothing more of the current request.

    After the answer the server would go on to read what the sender still sends, to discard it,
    and who sends slowly would keep it busy. Now it only finds what has arrived already.
    """
    # https://werkzeug.palletsprojects.com/en/stable/serving/: not all servers have it
    connection = request.httprequest._HTTPRequest__environ.get("werkzeug.socket")
    if connection:
        # The sender may have closed it already.
        with contextlib.suppress(OSError):
            connection.shutdown(socket.SHUT_RD)


def forget_refusals():
    """Start with new limits, as after a restart of the worker."""
    BY_SOURCE.clear()
    BY_SYSTEM.clear()
