"""The way of an event. Read :meth:`Intake.receive` and :meth:`Intake.update_calls`.

Plain Python over an environment. Each step calls one method of a model, so that other addons
extend a step as they extend any model: with ``_inherit`` and ``super()``.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Hashable
from datetime import datetime
from functools import cached_property
from typing import Any

from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..adapters.base import Adapter, Message, Receipt, Reply
from ..adapters.reasons import get_reason
from ..adapters.request import Malformed, WebhookRequest
from ..adapters.signature import TEST_HEADER
from ..tools import HISTORY, NO_CHATTER, log_failure
from .pace import Pace

_logger = logging.getLogger(__name__)

MAX_CALLS = 100  # that are updated within a request; the others follow at once, in the background
PACE = Pace()  # of this worker


class Intake:
    """What one request of a telephone system, or a replay of its events, leads to.

    :param pbx: `call.pbx`, in an environment that may do everything
    :param adapter: the adapter of the telephone system, if it is known already
    :ivar receipt: what became of the messages that were processed
    :param is_history: the calls are over, and only completed. What is known about them is
        corrected and wrong callbacks are closed, but nothing is created from them, no rule is
        applied, and nobody is informed. By default their dates decide, see
        `call.call._is_history`
    """

    def __init__(self, pbx, adapter: Adapter | None = None, is_history: bool | None = None):
        self.env = pbx.env
        self.pbx = pbx
        self.calls = pbx.env["call.call"].with_context(**NO_CHATTER)
        if is_history is not None:
            self.calls = self.calls.with_context(**HISTORY.set(is_history))
        self.events = pbx.env["call.event"]
        self.callbacks = pbx.env["call.callback"]
        self.peers = pbx.env["call.peer"]
        self.recordings = pbx.env["call.recording"]
        self.is_history = bool(is_history)
        self.receipt = Receipt()
        self._known: dict[Hashable, Any] = {}
        if adapter:
            self.adapter = adapter

    @cached_property
    def adapter(self) -> Adapter:
        return self.pbx._get_adapter()

    @cached_property
    def company(self):
        """The company of the telephone system, without reading its record."""
        cached = self.pbx._get_cached(self.pbx.id)
        return self.env["res.company"].browse(cached.company_id)

    # === THE WAY === #

    def receive(self, request: WebhookRequest) -> Reply:
        """Accept a request: verify it, store its events, update their calls.

        What takes too long is only stored, and its calls are updated in the background: never is
        an event refused because there are too many.

        :raise adapters.request.Refused: the sender did not prove that it is the system, or this
            database is a copy
        :raise adapters.request.TooMany: it has more events than are accepted at once
        """
        self.pbx._check_original()
        self.adapter.verify(request)
        try:
            messages = self.adapter.messages(request)
        except Malformed as error:
            self.events._store_body(self, request, get_reason(error))
            return Reply(json.dumps({"error": str(error)}), status=400)
        if not messages and TEST_HEADER not in request.headers:
            self.pbx._note_contact()
        system = (self.env.cr.dbname, self.pbx.id)
        max_calls = 0 if PACE.is_ahead(system) else MAX_CALLS
        with PACE.measured(system):
            receipt = self.process(messages, max_calls)
        return self.reply(receipt, request)

    def process(self, messages: list[Message], max_calls: int = MAX_CALLS) -> Receipt:
        """Store messages and update the calls that they are about.

        :param max_calls: how many calls are updated now; the others are in the background
        """
        self.receipt, refs = self.events._store(self, messages, max_calls)
        self.learn(messages)
        self.note_states(messages)
        self.update(refs)
        self.take_recordings(messages)
        return self.receipt

    def reply(self, receipt: Receipt, request: WebhookRequest) -> Reply:
        """Return the answer to a request. What is stored remains so if the adapter has none."""
        try:
            return self.adapter.reply(receipt, request)
        except Exception as error:
            log_failure(_logger, "A request has no answer of its own", error)
            return Adapter.reply(self.adapter, receipt)

    def learn(self, messages: list[Message]) -> None:
        """Take in what messages report about phones and trunks. If that fails, calls are not
        affected: they are completed when it is reported again."""
        if not any(message.peers for message in messages):
            return
        try:
            with self.env.cr.savepoint():
                is_decided = self.peers._intake_facts(self, messages)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            log_failure(_logger, "What is known about phones cannot be stored", error)
            self.env.invalidate_all(flush=False)
            return
        if is_decided:
            self.adapter = self.pbx._get_adapter()

    def note_states(self, messages: list[Message]) -> None:
        """Store what messages report about what phones do. If that fails, calls are not affected:
        it is true only for a moment anyway."""
        if self.is_history or not any(message.states for message in messages):
            return
        try:
            with self.env.cr.savepoint():
                self.env["call.phone.state"]._intake_states(self, messages)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            log_failure(_logger, "The states of phones cannot be stored", error)

    def take_recordings(self, messages: list[Message]) -> None:
        """Take in what messages report about recordings. If that fails, calls are not affected:
        a recording also says which call it is of when its file comes."""
        if not any(message.recordings for message in messages):
            return
        try:
            with self.env.cr.savepoint():
                self.recordings._intake_announce(self, messages)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            log_failure(_logger, "What is reported about recordings cannot be stored", error)
            self.env.invalidate_all(flush=False)

    def update(self, refs: set[str]) -> None:
        """Bring calls up to date with their events. One that fails does not affect the others.

        :param refs: the telephone system's references of the calls
        """
        if not refs:
            return
        try:
            with self.env.cr.savepoint() as savepoint:
                self.update_calls(*self._lock_and_load(refs, savepoint))
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            self._update_one_by_one(refs, error)

    def update_calls(self, history, was_dialled: bool) -> None:
        """The steps, in their order.

        :param history: everything that is stored about the calls, as `call.event._load` returns it
        :param was_dialled: some of the calls may have been dialled by a click
        """
        drafts = self.calls._intake_join(self, self.calls._intake_fold(self, history), history)
        for draft in drafts:
            self.calls._intake_write(draft)
            if not draft.call.is_private:
                self.calls._intake_match(draft)
                self.calls._intake_assign(draft)
                self.calls._intake_peers(draft)
        self.calls._intake_save(drafts)
        for draft in drafts:
            if draft.is_changed:
                if not self.is_history:
                    self.calls._intake_rules(draft)
                self.calls._intake_private(draft)
                if not self.is_history:
                    self.calls._intake_jobs(draft)
        self.events._link(self, drafts, history)
        if was_dialled:
            self.env["call.dial"]._link(self, drafts)
        self.calls._intake_recordings(drafts)
        self.callbacks._intake_callbacks(drafts, history)
        self.calls._intake_announce(drafts)

    # === HELPERS === #

    def _lock_and_load(self, refs: set[str], savepoint) -> tuple:
        """Lock everything that may belong to the same conversations, then load it.

        What another worker has stored meanwhile may join them with further calls. Then all locks
        are released and taken again together: two workers never wait for each other.

        :param savepoint: to release the locks, which were taken after it
        :return: the history, and whether some of the calls may have been dialled by a click
        """
        while True:
            names, was_dialled = self.calls._intake_lock(self, refs)
            history = self.events._load(self, names)
            if history.names <= names:
                # Only now: whether a call is private may change until it is locked.
                if history.private and self.events._intake_mask(history):
                    # Loading has linked the new events, but no call was computed from them yet.
                    known = history.known
                    history = self.events._load(self, names)._replace(known=known)
                return history, was_dialled
            savepoint.rollback()
            refs = history.names

    def _update_one_by_one(self, refs: set[str], error: Exception) -> None:
        """One of the calls cannot be updated: the others must not be affected."""
        # the locks of the first try were released
        self.calls._intake_lock(self, refs)
        if len(refs) > 1:
            for ref in sorted(refs):
                self.update({ref})
            return
        reason = log_failure(_logger, "A call cannot be updated", error)
        self.env.invalidate_all(flush=False)
        self.events._mark_failed(self, refs, reason)

    def recall(self, key: Hashable, look_up: Callable[[], Any]) -> Any:
        """Return what was looked up before, for another call of the same request: what happens to
        calls changes no contact, employee or own number.

        :param key: what it depends on
        :param look_up: returns it
        """
        if key not in self._known:
            self._known[key] = look_up()
        return self._known[key]

    def get_owner(self, extension: str | None, moment: datetime):
        """Return whose phone it was, as `call.peer` knows owners.

        :param moment: when the call started
        """
        return self.peers._get_register(self.pbx.id).find_owner(extension, moment)

    def is_extension(self, number: str | None, moment: datetime) -> bool:
        """Return whether a number was entered as an extension.

        :param moment: when the call started
        """
        return self.peers._get_register(self.pbx.id).is_extension(number, moment)

    def normalize(
        self, number: str | None, moment: datetime, is_dialled: bool = False
    ) -> str | bool:
        """Return a number in E.164, or as sent if it is none, or if it can be several. Extensions
        remain as they are.

        :param moment: when the call started
        :param is_dialled: it is what a phone dialled, so it can begin with the outside prefix
        """
        if not number or self.is_extension(number, moment):
            return number or False
        return self.pbx._read_number(number, is_dialled)
