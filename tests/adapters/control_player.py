"""What a telephone system is asked when somebody controls a running call.

The tests of each telephone system that can control calls have a list ``CONTROLS``: for everything
that it declares, the request that its documentation shows, and how it refuses.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass, field, replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

from adapters.base import Action, Running, Settings
from adapters.control import Accepted
from adapters.fold import fold_calls


@dataclass(frozen=True)
class Control:
    """Something that a person wants to be done with a call, and the request for it.

    :param sent: what the telephone system has sent about the call
    :param phone: the extension of who acts
    :param method: of the documented request
    :param path: of the documented request, without its query
    :param content: of its body: JSON values, or the values of a form
    :param target: to whom to transfer
    :param query: of the documented request
    :param accepted: what the system has accepted before about recording: second, and what
    :param login: answers to the requests that come before
    :param answer: status and body of the documented answer
    :param refusals: documented answers with an error: status, body, and what people read of it
    """

    action: Action
    sent: list
    phone: str
    method: str
    path: str
    content: object = None
    target: str = ""
    query: dict = field(default_factory=dict)
    accepted: tuple = ()
    login: tuple = ()
    answer: tuple = (204, "")
    refusals: tuple = ()


def find_controls(code: str) -> list[Control]:
    """Return the documented requests of a telephone system, as its tests have them."""
    return getattr(_find_tests(code), "CONTROLS", [])


def make_adapter(adapter_class, api_url: str):
    """Return an adapter whose telephone system is a server of the test."""
    values = getattr(_find_tests(adapter_class.code), "CONTROL_SETTINGS", {})
    defaults = {"api_account": "account", "api_user": "user", "api_secret": "secret"}
    address = {"api_url": api_url, "webhook_url": "https://odoo.example.com/p/t"}
    return adapter_class(Settings(**(defaults | address | {"secret": "s3cret"} | values)))


def make_running(adapter, sent: list, phone: str, accepted: tuple = ()) -> Running:
    """Return a call as the app gives it to the adapter, seen from a phone.

    :param accepted: of :class:`Control`
    """
    messages = [message for one in sent for message in adapter.messages(one)]
    events = sorted((e for message in messages for e in message.events), key=lambda e: e.at)
    (state,) = fold_calls(events, adapter.settings)
    (leg,) = (leg for leg in state.legs if leg.extension == phone)
    running = Running(state, leg, tuple(events), tuple(message.raw for message in messages))
    last = events[-1].at
    facts = [Accepted(last + timedelta(seconds=at), action, leg.ref) for at, action in accepted]
    return adapter.take_accepted(running, facts)


def read_request(received, content, expected_query=None):
    """Return a request in the form in which :class:`Control` describes it."""
    parts = urlsplit(received.path)
    query = {name: values[0] for name, values in parse_qs(parts.query).items()}
    query |= _hide_ids(expected_query, query)
    if not received.body:
        body = None
    elif received.headers["content-type"].startswith("application/json"):
        body = received.json
    else:
        body = {name: values[0] for name, values in parse_qs(received.body).items()}
    if isinstance(content, dict) and body:
        body |= _hide_ids(content, body)
    return (received.method, parts.path, query, body)


def _hide_ids(expected, values) -> dict:
    """Return what stands for ids that are other ones for each request: ``...``."""
    expected = expected or {}
    return {name: ... for name, value in expected.items() if value is ... and values.get(name)}


def without_messages(running: Running) -> Running:
    return replace(running, messages=())


def _find_tests(code: str):
    """Return the module that is about controlling calls, if there is one of its own."""
    own = f"test_{code}_control"
    return importlib.import_module(own if importlib.util.find_spec(own) else f"test_{code}")
