import json
import logging
import re
import uuid
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import NamedTuple

from odoo import SUPERUSER_ID, api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL, hmac

from ...adapters.base import Message, Receipt
from ...adapters.conversations import split
from ...adapters.event import HIDDEN as HIDDEN_PEER
from ...adapters.event import CallEvent as Event
from ...adapters.event import Direction, Kind, masked_number
from ...adapters.numbering import same_numbers
from ...adapters.reading import dump
from ...adapters.reasons import Reason, Why, dump_reason, get_reason, load_reason
from ...adapters.request import Malformed, WebhookRequest
from ...adapters.text import storable
from ...intake import MAX_CALLS
from ...tools import ERASING, ReasonField, digits, explain, log_failure, outside_digest

_logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 5
SECRET_SCOPE = "call_handling.private"
HIDDEN = "private:"  # begins what replaces a text that must not be known
# What does not name anybody: numbers with at most one letter, and UUIDs.
_PLAIN_ID = re.compile(
    r"[a-z]?\d+(?:[.:_/-][a-z]?\d+)*|[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}",
    re.ASCII | re.IGNORECASE,
)
DELETED = {"deleted": True}  # what is left of a call that a person has deleted


class Content(NamedTuple):
    """What an event of a private call reports, and when it happened."""

    at: datetime | None
    about: tuple


class History(NamedTuple):
    """What is stored about calls, and about all that may be the same conversations, by their
    references.

    :param names: all references, and what joins them: other names of calls, and rooms
    :param events: all their events
    :param known: ids of the events from which calls were computed before
    :param call_ids: ids of the calls that the references lead to
    :param unsettled: calls with events that have failed, or that wait
    :param private: ids of private calls, of which only the course is stored, by all references
        that lead to them, also those that were replaced
    :param forgotten: calls that were private, about which nothing may be stored
    :param deleted: calls that a person has deleted, which do not come back
    :param closed: ids of calls whose events were deleted, and which do not change any more, by all
        references that lead to them
    :param not_waiting: calls, with their numbers as known so far, whose number certainly does
        not wait to be called back
    """

    names: set[str]
    events: dict[str, list[Event]]
    known: set[str]
    call_ids: dict[str, int]
    unsettled: set[str]
    private: dict[str, int]
    forgotten: set[str]
    deleted: set[str]
    closed: dict[str, int]
    not_waiting: dict[str, str]

    def get_known(self):
        """Return it as it was when calls were computed before.

        :rtype: History
        """
        events = {
            name: [event for event in own if event.uid in self.known]
            for name, own in self.events.items()
        }
        return self._replace(events=events)


class CallEvent(models.Model):
    """One message of a telephone system, stored before it is processed."""

    _name = "call.event"
    _description = "Telephone Event"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "id desc"
    _rec_name = "uid"

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    uid = fields.Char(string="Event ID", required=True)
    call_ref = fields.Char(string="Call Reference")
    joined_ref = fields.Char(
        string="Joined With",
        help="Another name of the call, or the room where it meets other calls.",
    )
    call_id = fields.Many2one("call.call", index="btree_not_null", ondelete="cascade")
    leg_ref = fields.Char(string="Phone Reference")
    kind = fields.Selection(
        [(kind.value, kind.name.capitalize().replace("_", " ")) for kind in Kind]
    )
    date = fields.Datetime(string="Happened At")
    create_date = fields.Datetime(string="Arrived At")
    data = fields.Json(string="As Understood")
    raw = fields.Text(string="As Sent")
    content_type = fields.Char(help="Set if the body as a whole could not be read.")
    state = fields.Selection(
        [("waiting", "Waiting"), ("done", "Done"), ("failed", "Failed"), ("late", "Too Late")],
        required=True,
        default="done",
        help="Waiting: it is stored, and its call is updated in the background.",
    )
    error = ReasonField(string="Reason")
    attempts = fields.Integer()
    is_masked = fields.Boolean(readonly=True, export_string_translation=False)

    _uid_uniq = models.UniqueIndex("(pbx_id, uid)", "The event is already stored.")
    _call_ref_idx = models.Index("(pbx_id, call_ref)")
    _joined_by_idx = models.Index("(pbx_id, call_ref, joined_ref) WHERE joined_ref IS NOT NULL")
    _joined_ref_idx = models.Index("(pbx_id, joined_ref, call_ref) WHERE joined_ref IS NOT NULL")
    _arrival_idx = models.Index("(pbx_id, create_date)")
    # Nearly all events are done as soon as they are stored.
    _unsettled_idx = models.Index("(state, id) WHERE state != 'done'")
    # for what is deleted when it is old
    _raw_idx = models.Index("(pbx_id, create_date, id) WHERE raw IS NOT NULL")
    _leftover_idx = models.Index(
        "(pbx_id, create_date, id) WHERE kind IS NULL AND is_masked IS TRUE"
    )

    # === STORING === #

    @api.model
    def _store(self, intake, messages, max_calls=MAX_CALLS):
        """Store messages; what is already stored remains as it is. One that cannot be stored as
        it was understood is stored as failed, and does not affect the others.

        :param intake.Intake intake: of the telephone system
        :param list messages: each an `adapters.base.Message`
        :param int max_calls: how many calls are updated now. The events of further ones wait
        :return: how many were accepted, and the references of the calls to update now
        :rtype: tuple[adapters.base.Receipt, set[str]]
        """
        refs = dict.fromkeys(event.call for message in messages for event in message.events)
        waiting = set(list(refs)[max_calls:])
        messages, rows = self._prepare_rows(intake.pbx, messages, waiting)
        new_uids, refused = self._insert(rows)
        if refused:
            messages = self._store_refused(intake.pbx, messages, refused)
        accepted = duplicates = 0
        new_refs = set()
        for message in messages:
            new = [event.call for event in message.events if event.uid in new_uids]
            new_refs.update(new)
            if message.error:
                continue
            if message.events and not new:
                duplicates += 1
            else:
                accepted += 1
        if new_refs & waiting:
            self._trigger_waiting()
        errors = tuple(message.error for message in messages if message.error)
        return Receipt(accepted, duplicates, len(errors), errors), new_refs - waiting

    @api.model
    def _store_body(self, intake, request, reason):
        """Store a body that cannot be split into messages, with the reason.

        :param intake.Intake intake: of the telephone system
        :param adapters.request.WebhookRequest request: the request
        :param str reason: why; see `adapters.reasons`
        """
        body = storable(request.body.decode("utf-8", "backslashreplace"))
        row = self._prepare_failed_row(intake.pbx, Message(body, error=reason))
        self._insert([row | {"content_type": request.content_type or "text/plain"}])

    @api.model
    def _store_assumed_end(self, call, at):
        """Store the event that a silent call has ended, as far as it is known.

        :param call.call call: the silent call
        :param datetime at: naive UTC, when something was last reported about it
        """
        now = datetime.now(timezone.utc)
        event = Event(
            call=call.pbx_ref,
            kind=Kind.ENDED,
            at=at.replace(tzinfo=timezone.utc),
            uid=f"{call.pbx_ref}:silent:{now.isoformat()}",
            assumed=True,
        )
        self._insert([self._prepare_row(call.pbx_id, dump({"silent_since": str(at)}), event)])

    @api.model
    def _prepare_row(self, pbx, raw, event):
        return {
            "pbx_id": pbx.id,
            "uid": event.uid,
            "call_ref": event.call,
            "joined_ref": event.alias or event.room,
            "leg_ref": event.leg,
            "kind": event.kind.value,
            "date": event.at.replace(tzinfo=None),
            "data": json.dumps(event.to_json()),
            "raw": raw,
            "content_type": None,
            "state": "done",
            "error": None,
            "attempts": 0,
        }

    @api.model
    def _prepare_failed_row(self, pbx, message):
        empty = dict.fromkeys(
            ("call_ref", "joined_ref", "leg_ref", "kind", "date", "data", "content_type")
        )
        error = dump_reason(message.error)
        failed = {"state": "failed", "error": error, "uid": message.uid, "attempts": 0}
        return empty | {"pbx_id": pbx.id, "raw": message.raw} | failed

    # === SCREENS === #

    def _web_read_group_groupby_formatter(self, groupby_spec, values):
        """Override of `web`: groups by reason are labelled in the user's language."""
        formatter = super()._web_read_group_groupby_formatter(groupby_spec, values)
        if groupby_spec != "error":
            return formatter

        def explain_group(value):
            stored, domain = formatter(value)
            return stored and explain(self.env, load_reason(stored)), domain

        return explain_group

    # === LOADING AND LINKING === #

    @api.model
    def _get_reached_sql(self, pbx, refs):
        """Return a common table expression of the names of all calls that may be the same
        conversations as some calls, and of what joins them.

        :param call.pbx pbx: the telephone system
        :param refs: its references of the calls
        :return: ``reached(name)``, for ``WITH RECURSIVE``
        :rtype: odoo.tools.SQL
        """
        return SQL(
            """
            reached(name) AS (
                SELECT unnest(%(refs)s::varchar[])
                UNION
                SELECT other.name
                  FROM reached known
                 CROSS JOIN LATERAL (
                        SELECT joined_ref
                          FROM call_event
                         WHERE pbx_id = %(pbx)s AND call_ref = known.name
                           AND joined_ref IS NOT NULL
                     UNION ALL
                        SELECT call_ref
                          FROM call_event
                         WHERE pbx_id = %(pbx)s AND joined_ref = known.name
                       ) AS other(name)
            )
            """,
            pbx=pbx.id,
            refs=list(refs),
        )

    @api.model
    def _load(self, intake, names):
        """Return everything that is stored about calls, and link events with calls that exist.
        One query, on the way of every event.

        :param intake.Intake intake: of the telephone system
        :param names: references of the calls, and what joins them
        :return: more names than these are in it if something else has joined the calls meanwhile
        :rtype: History
        """
        hidden = {self._get_hidden_name(name): name for name in names}
        self.env["call.callback"].flush_model(["number", "company_id", "state"])
        self.env["call.call"].flush_model(
            ["remote_number", "company_id", "partner_id", "callback_id"]
        )
        self.env.cr.execute(
            SQL(
                """
                WITH linked AS (
                    UPDATE call_event e
                       SET call_id = r.call_id, state = 'done', error = NULL, attempts = 0
                      FROM call_reference r
                     WHERE r.pbx_id = %(pbx)s AND r.ref = ANY(%(names)s::varchar[])
                       AND e.pbx_id = %(pbx)s AND e.call_ref = r.ref
                       AND (e.call_id IS NULL OR e.state IN ('waiting', 'failed'))
                )
                SELECT n.name, e.data, e.call_id IS NOT NULL, e.state IN ('waiting', 'failed'),
                       r.call_id, c.is_private,
                       c.remote_number,
                       EXISTS (
                            SELECT 1
                              FROM call_callback b
                             WHERE b.number = c.remote_number
                               AND b.company_id = c.company_id
                               AND b.state = 'open'
                       ) OR EXISTS (
                            -- perhaps at another number: whether it is open is looked up later
                            SELECT 1
                              FROM call_call m
                             WHERE m.partner_id = c.partner_id AND m.callback_id IS NOT NULL
                       ),
                       c.is_closed
                  FROM unnest(%(names)s::varchar[]) AS n(name)
                  LEFT JOIN call_event e ON e.pbx_id = %(pbx)s AND e.call_ref = n.name
                  LEFT JOIN call_reference r ON r.pbx_id = %(pbx)s AND r.ref = n.name
                  LEFT JOIN call_call c ON c.id = r.call_id
                 UNION ALL
                SELECT call_ref, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
                  FROM call_event
                 WHERE pbx_id = %(pbx)s AND joined_ref = ANY(%(names)s::varchar[])
                """,
                pbx=intake.pbx.id,
                names=list(dict.fromkeys([*names, *hidden])),
            )
        )
        rows = self.env.cr.fetchall()
        history = self._read_history(rows, names, hidden)
        history.closed.update(self._read_closed(rows, hidden))
        self._use_hidden_names(history, hidden)
        if history.forgotten or history.deleted:
            self._drop_forgotten(history)
        if history.closed:
            self._set_aside_late(intake, history)
        return history

    @api.model
    def _read_history(self, rows, names, hidden):
        """Return what the rows of :meth:`_load` say.

        :param names: references of the calls, and what joins them
        :param dict hidden: the same, by what replaces them in private calls
        :rtype: History
        """
        history = History(set(), {}, set(), {}, set(), {}, set(), set(), {}, {})
        for row in rows:
            name, data, is_known, is_open, call_id, is_private, number, is_waiting, _ = row
            if name in hidden and not call_id:
                if is_open is not None:  # there is what is left of an event
                    kept = history.deleted if data == DELETED else history.forgotten
                    kept.add(hidden[name])
                continue
            history.names.add(name)
            if data is not None and data != DELETED:
                event = Event.from_json(data)
                history.events.setdefault(name, []).append(event)
                if is_known:
                    history.known.add(event.uid)
                history.names.update({event.alias, event.room} - {None})
            if is_open:
                history.unsettled.add(name)
            if call_id:
                history.call_ids[name] = call_id
            if is_private:
                history.private[hidden.get(name, name)] = call_id
            if number and not is_waiting and len(same_numbers(number)) == 1:
                history.not_waiting[name] = number
        return history

    @api.model
    def _use_hidden_names(self, history, hidden):
        """Let events of private and other calls use the same names for what joins them.

        :param History history: as it was read
        :param dict hidden: names, by what replaces them in private calls
        """
        replaced = dict(
            # a call that is not private yet keeps its reference until it is joined
            (stored, name) if name in history.events else (name, stored)
            for stored, name in hidden.items()
            if stored in history.names
        )
        if not replaced:
            return
        for ref, events in history.events.items():
            history.events[ref] = [
                event.with_references(lambda name: replaced.get(name, name)) for event in events
            ]

    @api.model
    def _drop_forgotten(self, history):
        """Keep nothing about conversations of which a part was private and is forgotten. Of those
        of which a person has deleted a part, other calls remain that are logged."""
        events = [event for own in history.events.values() for event in own]
        for conversation in split(events):
            refs = {event.call for event in conversation}
            names = refs | {event.alias for event in conversation}
            if names & history.forgotten:
                history.forgotten.update(refs)
            elif names & history.deleted:
                history.deleted.update(refs - history.call_ids.keys())
        for ref in history.forgotten | history.deleted:
            history.events.pop(ref, None)

    @api.model
    def _link(self, intake, drafts, history):
        """The calls are saved: let all references of a call lead to it, link their events, and
        delete those that must not be stored.

        Events that are no call, as when a phone dials a feature code, remain without one.

        :param intake.Intake intake: of the telephone system
        :param list drafts: `intake.draft.Draft` of the calls
        :param History history: as it was loaded
        """
        for draft in drafts:
            if not draft.call:
                # It has become private, and nothing is kept of it.
                history.forgotten.update(draft.state.refs)
            elif draft.call.is_private:
                self._mask(draft.call, draft.state.refs)
        if unwanted := [*history.forgotten, *history.deleted]:
            events = self.search([("pbx_id", "=", intake.pbx.id), ("call_ref", "in", unwanted)])
            events._erase_shared_texts()
            events.unlink()
            self._remember_forgotten(intake.pbx, history.forgotten)
            self._remember_forgotten(intake.pbx, history.deleted, DELETED)
        wanted = {
            self._get_stored_name(draft.call, ref): draft.call.id or None
            for draft in drafts
            for ref in draft.state.refs
        }
        wanted = dict.fromkeys(history.events) | wanted
        stale = {
            ref: call_id
            for ref, call_id in wanted.items()
            if ref in history.unsettled or call_id != history.call_ids.get(ref)
        }
        if not stale:
            return
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                WITH wanted AS (
                    SELECT * FROM unnest(%(refs)s::varchar[], %(calls)s::int[]) AS w(ref, call_id)
                ), stored AS (
                    INSERT INTO call_reference (pbx_id, ref, call_id)
                    SELECT %(pbx)s, ref, call_id FROM wanted WHERE call_id IS NOT NULL
                    ON CONFLICT (pbx_id, ref) DO UPDATE SET call_id = excluded.call_id
                ), linked AS (
                    UPDATE call_event e
                       SET call_id = w.call_id, state = 'done', error = NULL, attempts = 0
                      FROM wanted w
                     WHERE e.pbx_id = %(pbx)s AND e.call_ref = w.ref
                       AND (e.call_id IS DISTINCT FROM w.call_id OR e.state <> 'done')
                )
                -- here, so that calls without recordings cost no query of their own
                SELECT i.id, w.call_id
                  FROM wanted w
                  JOIN call_recording i ON i.pbx_id = %(pbx)s AND i.call_ref = w.ref
                 WHERE i.call_id IS DISTINCT FROM w.call_id
                """,
                pbx=intake.pbx.id,
                refs=list(stale),
                calls=list(stale.values()),
            )
        )
        recordings = self.env.cr.fetchall()
        self.invalidate_model(["call_id", "state", "error"], flush=False)
        self.env["call.reference"].invalidate_model(flush=False)
        intake.calls.invalidate_model(["reference_ids", "event_ids"], flush=False)
        for recording_id, call_id in recordings:
            self.env["call.recording"].browse(recording_id).call_id = call_id

    @api.model
    def _mark_failed(self, intake, refs, reason):
        """Mark the events of calls that could not be updated as failed.

        :param intake.Intake intake: of the telephone system
        :param refs: references of the calls
        :param str reason: why
        """
        events = self.search([("pbx_id", "=", intake.pbx.id), ("call_ref", "in", list(refs))])
        events.write({"state": "failed", "error": reason})

    # === REPLAYING === #

    def _try_again(self, intake):
        """Read the messages again that were not understood, and update the calls of all."""
        refs = set()
        for event in self.filtered(lambda event: not event.call_ref):
            refs |= event._try_read_again(intake)
        refs.update(self.exists().filtered("call_ref").mapped("call_ref"))
        self.flush_model()
        intake.update(refs)

    def _try_read_again(self, intake):
        """Read a message again; if that fails, for whatever reason, the others are not affected.

        :return: references of the calls that it is about
        :rtype: set[str]
        """
        try:
            with self.env.cr.savepoint():
                return self._read_again(intake)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception as error:
            self.env.invalidate_all(flush=False)
            self.error = log_failure(_logger, f"Event {self.id} cannot be read again", error)
            return set()

    def _read_again(self, intake):
        """Read a message again that could not be read before. Its events replace it, if any.

        :return: references of the calls that it is about
        :rtype: set[str]
        """
        received_at = self.create_date.replace(tzinfo=timezone.utc)
        try:
            messages = self._read_messages(intake.adapter, received_at)
        except Malformed as error:
            self.error = get_reason(error)
            return set()
        errors = [message.error for message in messages if message.error]
        if errors:
            self.error = errors[0]
            return set()
        receipt, refs = self._store(intake, messages)
        intake.take_recordings(messages)
        if receipt.failed:
            self.error = receipt.errors[0]
        else:
            self.unlink()
        return refs

    def _read_messages(self, adapter, received_at):
        if not self.content_type or not self.raw:
            return [adapter.understand(self._load_raw(), received_at)]
        request = WebhookRequest(self.raw.encode(), received_at, self.content_type)
        return adapter.messages(request)

    def _load_raw(self):
        """Return the message as JSON value.

        :raise Malformed: it is none, as when its text was deleted or changed
        """
        try:
            return json.loads(self.raw or "")
        except ValueError as error:
            raise Malformed(Reason(Why.STORED_NO_JSON)) from error

    # === PRIVATE CALLS === #

    @api.model
    def _get_secret_name(self, text):
        """Return what replaces a number in a person's list of private numbers: always the same,
        and useless to anybody who does not have this database's key. The list must work in a
        restored database, too: so the key is in it.

        :rtype: str
        """
        return f"{HIDDEN}{hmac(self.env(su=True), SECRET_SCOPE, text)[:40]}"

    @api.model
    def _get_hidden_name(self, ref):
        """Return what replaces a reference of a private call that must not be known, but must be
        recognised when something late is reported: always the same, and useless to anybody who
        has only this database, or a backup of it.

        :rtype: str
        """
        return f"{HIDDEN}{outside_digest(self.env.cr.dbname, ref)}"

    @api.model
    def _get_stored_name(self, call, ref):
        """Return under which name a reference is stored with a call: as the telephone system
        sends it, unless the call is private and it may have been made from the number or a name.

        :param call.call call: the call, private or not
        :param str ref: of the call, of a phone, or of what joins calls
        :rtype: str
        """
        if not call.is_private and not ERASING.get(self.env):
            return ref
        if not ref or ref.startswith(HIDDEN):
            return ref
        adapter = call.pbx_id._get_adapter_class(call.pbx_id.adapter)
        is_plain = _PLAIN_ID.fullmatch(ref) and not adapter.names_calls
        may_stay = is_plain and not self._may_contain_number(call, ref)
        return ref if may_stay else self._get_hidden_name(ref)

    @api.model
    def _may_contain_number(self, call, text):
        """Return whether a text may have been made from the number of a call. The same later, when
        nothing but the end of the number is known: by the form of the text.

        :param call.call call: the call, private or not
        :param str text: may be empty
        :rtype: bool
        """
        numbers = call._get_known_numbers()
        if not call.is_private:
            numbers = map(masked_number, numbers)
        ends = {end for number in numbers if (end := digits(number))}
        return any(re.search(rf"\d{{5}}{end}", digits(text or "")) for end in ends)

    @api.model
    def _intake_mask(self, history):
        """Remove the remote party from what has just arrived about private calls, before anything
        is computed from it. What only repeats an event is deleted.

        :param History history: as it was loaded
        :return: whether something has changed, so that it must be loaded again
        :rtype: bool
        """
        calls = self.env["call.call"].browse(sorted(set(history.private.values())))
        refs = {}
        for ref, call_id in history.private.items():
            refs.setdefault(call_id, set()).add(ref)
        return any([self._mask(call, refs[call.id]) for call in calls])

    @api.model
    def _mask(self, call, refs=()):
        """Remove the remote party from the events of a private call.

        Their ids are replaced by random ones: an id may be a digest of what was sent. A repeat is
        recognised by its content. After the end of the call also at another time: some systems
        report no times, so those of their events are when they arrived.

        :param call.call call: the call
        :param refs: its references that do not lead to it yet
        :return: whether there were new ones
        :rtype: bool
        """
        if not call.pbx_id:
            return False
        phones = self._get_phones_to_keep(call)
        events = self.search(self._get_domain_of(call, refs), order="id")
        masked = events.filtered("is_masked")
        if masked == events:
            return False
        (events - masked)._erase_shared_texts()
        known = {self._get_content(Event.from_json(event.data)) for event in masked}
        ever = {content._replace(at=None) for content in known}
        end = call.state == "ended" and call.date_end
        for event in events - masked:
            read = Event.from_json(event.data).with_references(
                lambda ref: self._get_stored_name(call, ref)
            )
            uid = f"{HIDDEN}{uuid.uuid4().hex}"
            read = read.without_people(uid, Direction(call.direction), phones)
            if self._may_contain_number(call, read.peer):
                read = replace(read, peer=HIDDEN_PEER)
            content = self._get_content(read)
            is_late = end and read.at.replace(tzinfo=None) > end
            if content in known or (is_late and content._replace(at=None) in ever):
                event.unlink()
                continue
            known.add(content)
            event.write(self._prepare_masked_values(read))
        self.flush_model()
        # They are linked in plain SQL, when they are loaded again.
        self.invalidate_model(["call_id", "state", "error"], flush=False)
        call.invalidate_recordset(["event_ids"], flush=False)
        return True

    def _erase_shared_texts(self):
        """Delete the text of messages that also report something about other calls there, whose
        events remain."""
        with_text = self.filtered("raw")
        if not with_text:
            return
        dates = with_text.mapped("create_date")
        shared = self.search(
            [
                ("pbx_id", "in", self.pbx_id.ids),
                ("create_date", ">=", min(dates).replace(microsecond=0)),
                ("create_date", "<", max(dates) + timedelta(seconds=1)),
                ("raw", "in", list(set(with_text.mapped("raw")))),
                ("id", "not in", self.ids),
            ]
        )
        shared.raw = False

    @api.model
    def _get_content(self, event):
        """Return what an event reports, to recognise a repeat of it."""
        values = event.to_json()
        about = tuple(sorted((n, str(v)) for n, v in values.items() if n not in ("uid", "at")))
        return Content(event.at, about)

    @api.model
    def _prepare_masked_values(self, event):
        return {
            "uid": event.uid,
            "call_ref": event.call,
            "joined_ref": event.alias or event.room,
            "leg_ref": event.leg,
            "data": event.to_json(),
            "raw": False,
            "error": False,
            "is_masked": True,
        }

    @api.model
    def _hide_references(self, call):
        """Replace the references of a call that becomes private, as far as they may have been
        made from the number or a name.

        :return: the reference under which the call itself is stored
        :rtype: str | bool
        """
        if not call.pbx_id:
            return call.pbx_ref
        names = {ref: self._get_stored_name(call, ref) for ref in self._get_refs_of(call)}
        # sudo: only administrators see references
        for reference in call.sudo().reference_ids:
            if names[reference.ref] != reference.ref:
                reference.ref = names[reference.ref]
        return names[call.pbx_ref]

    @api.model
    def _get_phones_to_keep(self, call):
        """Return the phones that events may name; ``None`` for all. Of a call between colleagues,
        the other's phone is the number."""
        if call.direction != "internal":
            return None
        register = self.env["call.peer"]._get_register(call.pbx_id.id)
        start = call._get_reported_date("date_start").replace(tzinfo=timezone.utc)
        own = {
            phone
            for phone in register.owners
            if register.find_owner(phone, start).user_id == call.user_id.id
        }
        return own | {peer.name.lower() for peer in register.peers if peer.extension.lower() in own}

    @api.model
    def _forget(self, call, data=False):
        """Delete the events of a call, and make sure that later ones do not create it again. For
        that, only a digest of the call's reference is stored, for some time; its key is outside of
        the database.

        :param call.call call: about to be deleted
        :param data: ``DELETED`` if only this call must not come back; by default nothing may be
            stored about its whole conversation
        """
        pbx = call.pbx_id
        if not pbx:
            return
        events = self.search(self._get_domain_of(call))
        # other names too, but not the rooms: other calls may be there
        aliases = {(event.data or {}).get("alias") for event in events}
        texts = {*self._get_refs_of(call), *aliases} - {None}
        if not data:
            events._erase_shared_texts()
        events.unlink()
        self._remember_forgotten(pbx, texts, data)

    @api.model
    def _remember_forgotten(self, pbx, texts, data=False):
        """Store that nothing may be stored about calls.

        :param call.pbx pbx: the telephone system
        :param texts: its references of the calls, and other names of them
        :param data: as of :meth:`_forget`
        """
        names = {text if text.startswith(HIDDEN) else self._get_hidden_name(text) for text in texts}
        known = self.search([("pbx_id", "=", pbx.id), ("uid", "in", list(names))])
        # not by the person: nothing says whose call it was
        self.with_user(SUPERUSER_ID).create(
            [
                {"pbx_id": pbx.id, "uid": name, "call_ref": name, "is_masked": True, "data": data}
                for name in sorted(names - set(known.mapped("uid")))
            ]
        )

    @api.model
    def _get_refs_of(self, call):
        """Return all references of a call.

        :rtype: set[str]
        """
        # sudo: only administrators see references
        return {call.pbx_ref, *call.sudo().reference_ids.mapped("ref")}

    @api.model
    def _get_domain_of(self, call, further=()):
        """Return the domain of the events of a call. By reference: events that have just arrived
        are not linked yet."""
        refs = sorted(self._get_refs_of(call).union(further))
        return [("pbx_id", "=", call.pbx_id.id), ("call_ref", "in", refs)]
