import json
import logging
import threading
import time
from contextlib import contextmanager

import werkzeug.exceptions
from psycopg2 import OperationalError

import odoo
from odoo import SUPERUSER_ID, api, http
from odoo.exceptions import ConcurrencyError
from odoo.http import Response, request
from odoo.modules import module
from odoo.modules.registry import Registry
from odoo.tools import config

from odoo.addons.bus.models.bus import dispatch

from ..adapters.commands import read_poll
from ..adapters.request import Malformed, Refused
from ..models.control.call_command import NEWS
from ..models.ir_http import answer, answer_failure
from ..models.pbx.access import COMMANDS_PATH
from ..tools import log_failure, see_concurrent_commits
from ..tools.refusing import make_refusal
from .pbx import read_request

MAX_CONTENT = 16 * 1024  # bytes of a request for commands
PAUSE = 2  # seconds until a relay asks again that could not wait here
# How many relays wait at once; others are answered immediately. A waiting request needs a thread in
# a threaded server, but next to nothing in the evented one.
MAX_WAITING = {"threaded": 4, "evented": 500}
MAX_OF_SYSTEM = 3  # relays of one telephone system

_logger = logging.getLogger(__name__)


class CommandsController(http.Controller):
    """Gives commands to relays, which ask for them: so no port has to be opened at theirs.

    The address is below ``/websocket``: a proxy sends that to the evented server, where a request
    may wait. A worker never waits. Nobody waits with a connection to the database.
    """

    @http.route(
        f"{COMMANDS_PATH}/<string:token>",
        type="http",
        auth="public",
        methods=["POST"],
        csrf=False,
        save_session=False,
        max_content_length=MAX_CONTENT,
    )
    def give(self, token):
        """Return the commands that are waiting, or that come within some seconds.

        :param str token: last part of the telephone system's address
        """
        began = time.monotonic()
        try:
            pbx_sudo, poll = self._read(token)
            request.env.cr.flush()
        except (ConcurrencyError, OperationalError):
            raise  # Odoo tries it again
        except Refused as refused:
            request.call_delivery.reason = refused.refusal.value
            return make_refusal(pbx_id=find_pbx(token).id)
        except Malformed as error:
            return answer(str(error), 400)
        except Exception as error:
            log_failure(_logger, "A request for commands failed", error)
            werkzeug.exceptions.abort(answer_failure())  # it rolls back what was done
        request.call_delivery = None  # what is only asked is not in the log of requests
        if poll.is_test:
            return request.make_json_response({"commands": []})
        # It is read when this request's transaction has ended and its connection is free.
        parts = give_commands(request.db, pbx_sudo.id, poll, began)
        headers = [("Content-Type", "application/json"), ("Cache-Control", "no-store")]
        return Response(parts, headers=headers, direct_passthrough=True)

    def _read(self, token):
        """Read a request, and store what it reports.

        :raise adapters.request.Refused: the sender did not prove that it is the relay
        :raise adapters.request.Malformed: it is no request for commands
        """
        pbx_sudo = find_pbx(token)
        pbx_sudo._check_original()
        webhook_request = read_request()
        settings = pbx_sudo._get_adapter().settings
        poll = read_poll(webhook_request, settings.secrets(webhook_request.received_at))
        if poll.is_test:
            return pbx_sudo, poll
        pbx_sudo._note_poll(poll.allowed)
        pbx_sudo.env["call.command"]._note_results(pbx_sudo, poll.results)
        return pbx_sudo, poll


def find_pbx(token):
    """Return the telephone system of an address; unknown ones were refused before, see
    `ir.http`."""
    # sudo: relays have no user; the token and the signature authenticate them
    env_sudo = request.env(su=True)
    pbx_id, _token, _adapter = env_sudo["call.pbx"]._find_by_token(token)
    return env_sudo["call.pbx"].browse(pbx_id)


def give_commands(database, pbx_id, poll, began):
    """Yield the answer to a relay, as soon as there is a command for it, or when it has waited
    long enough.

    :param str database: name of the database
    :param int pbx_id: the telephone system
    :param adapters.commands.Poll poll: what the relay has asked
    :param float began: when, of the monotonic clock
    """
    with waiting_for_news(database, pbx_id, poll.relay) as news:
        found = take_commands(database, pbx_id, poll, began)
        if not found and news and news.wait(poll.wait):
            found = take_commands(database, pbx_id, poll, began)
    pause = 0 if found or news else PAUSE
    yield json.dumps({"commands": found, "pause": pause}).encode()


def take_commands(database, pbx_id, poll, began):
    """Return the commands that are waiting, in a transaction of its own."""
    with Registry(database).cursor() as cr:
        see_concurrent_commits(cr)
        env_sudo = api.Environment(cr, SUPERUSER_ID, {})
        waited = time.monotonic() - began
        return env_sudo["call.command"]._take(cr, pbx_id, poll, waited)


# === WAITING === #


class News:
    """Waits for a message of Odoo's bus, which wakes it as it wakes websockets.

    :param key: database, telephone system and relay
    """

    def __init__(self, key):
        self.key = key
        self._channels = set()
        self._event = threading.Event()
        self._is_abandoned = False

    def subscribe(self, channels, _last):
        """Note the channels; the bus calls this."""
        self._channels = channels

    def trigger_notification_dispatching(self):
        """Wake up; the bus calls this."""
        self._event.set()

    def abandon(self):
        """Wake up for nothing: nobody waits for the answer any more."""
        self._is_abandoned = True
        self._event.set()

    def wait(self, seconds):
        """Wait.

        :return: whether there is a message
        :rtype: bool
        """
        return self._event.wait(seconds) and not self._is_abandoned


class Waiting:
    """The relays that wait in this process."""

    def __init__(self):
        self._lock = threading.Lock()
        self._news = []

    def begin(self, key):
        """Let a relay wait, if there are not too many. It asks once at a time: if an earlier
        request of it still waits, its connection was lost.

        :param key: database, telephone system and relay
        :return: ``None`` if it cannot wait
        :rtype: News | None
        """
        most = MAX_WAITING["evented" if odoo.evented else "threaded"]
        with self._lock:
            for earlier in [news for news in self._news if news.key == key]:
                earlier.abandon()
                self._news.remove(earlier)
            of_system = [news for news in self._news if news.key[:2] == key[:2]]
            if len(self._news) >= most or len(of_system) >= MAX_OF_SYSTEM:
                return None
            news = News(key)
            self._news.append(news)
            return news

    def end(self, news):
        """Note that a relay does not wait any more."""
        with self._lock:
            if news in self._news:
                self._news.remove(news)


waiting = Waiting()


def can_wait():
    """Return whether a request may wait in this process: not in one of several workers."""
    return not module.current_test and (odoo.evented or not config["workers"])


@contextmanager
def waiting_for_news(database, pbx_id, relay):
    """Until the ``with`` block ends, notice when there are commands for a relay.

    :return: ``None`` if nobody can wait here
    :rtype: News | None
    """
    news = waiting.begin((database, pbx_id, relay)) if can_wait() else None
    if not news:
        yield None
        return
    # as `bus.bus` names the channel of a record
    channel = (database, "call.pbx", pbx_id, NEWS)
    try:
        dispatch.subscribe([channel], 0, database, news)
        yield news
    finally:
        dispatch.unsubscribe(news)
        waiting.end(news)
