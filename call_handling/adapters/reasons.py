"""Why something cannot be understood or done, for people: codes with values.

Adapters are plain Python and do not know the language of who reads a reason. So a reason is a code
with values, stored as such (:meth:`Reason.dump`), and translated where it is shown
(``tools/reasons.py``). As a text it is English, for developers and for those who send events.
"""

from __future__ import annotations

import json

from .text import Labelled, _lt, storable

_STORED = '{"reason": '  # how each begins that is stored; the English text is for searching


class Why(Labelled):
    """All reasons, with their texts. Codes are stored: they are never renamed or used for
    something else. Translations need not keep the order of the values, but all of them."""

    # --- bodies and messages as a whole
    BODY_EMPTY = "body_empty", _lt("the body is empty")
    BODY_UNREADABLE = "body_unreadable", _lt("the body cannot be read (%(error)s)")
    BODY_NO_JSON = "body_no_json", _lt("the body is not JSON: %(error)s")
    BODY_NO_FORM = "body_no_form", _lt("the body must be a form")
    BODY_NO_OBJECT = "body_no_object", _lt("the body must be a JSON object")
    BODY_NO_DATA = "body_no_data", _lt("the body must be a JSON object with 'data'")
    BODY_NEITHER = "body_neither", _lt("the body must be a form or a JSON object")
    RECORD_NO_OBJECT = "record_no_object", _lt("the record must be a JSON object")
    CDR_MISSING = "cdr_missing", _lt("the body must be JSON or have a field 'cdr'")
    CDR_UNREADABLE = "cdr_unreadable", _lt("the field 'cdr' is neither JSON nor base64")
    STORED_NO_JSON = "stored_no_json", _lt("What is stored of this message is no JSON.")
    NESTED = "nested", _lt("it is nested more than %(levels)s levels deep")
    MESSAGE_NO_OBJECT = (
        "message_no_object",
        _lt("a message must be an object, not %(kind)s"),
    )
    EVENT_NO_OBJECT = "event_no_object", _lt("an event must be an object, not %(kind)s")
    AMI_NO_OBJECT = "ami_no_object", _lt("an AMI event must be an object, not %(kind)s")
    NO_AMI_EVENT = "no_ami_event", _lt("'Event' is missing: this is not an AMI event")
    NO_TELNYX_EVENT = (
        "no_telnyx_event",
        _lt("'payload' is missing: this is not an event of Telnyx"),
    )
    NO_CALL_RECORD = "no_call_record", _lt("'variables' is missing: this is not a call record")
    NO_CALL = "no_call", _lt("'data' is missing: there is no call")

    # --- single values of a message
    MISSING = "missing", _lt("'%(name)s' is missing")
    NO_TEXT = "no_text", _lt("'%(name)s' must be a text, not %(kind)s")
    NO_LIST = "no_list", _lt("'%(name)s' must be a list")
    NO_LIST_OF_OBJECTS = "no_list_of_objects", _lt("'%(name)s' must be a list of objects")
    NO_OBJECT = "no_object", _lt("'%(name)s' must be an object")
    NO_OBJECTS = "no_objects", _lt("each of '%(name)s' must be an object")
    NO_JSON = "no_json", _lt("'%(name)s' is not JSON")
    NO_NUMBER = "no_number", _lt("'%(name)s' must be a number from 0 to %(most)s")
    NO_FLAG = "no_flag", _lt("'%(name)s' must be true or false")
    NO_SIDES = (
        "no_sides",
        _lt('\'sides\' must be ["outside", "inside"] or ["inside", "outside"]'),
    )
    NO_LENGTH = "no_length", _lt("'%(name)s' is %(value)s, not a length in seconds")
    TOO_LONG = "too_long", _lt("'%(name)s' has more than %(most)s characters")
    UNPRINTABLE = "unprintable", _lt("'%(name)s' has control characters")
    UNKNOWN = "unknown", _lt("'%(name)s' is %(value)s; known are: %(known)s")
    NO_DEVICE = "no_device", _lt("%(value)s is no device")
    HINT_NO_OBJECT = "hint_no_object", _lt("hints and devices must be objects")
    ID_MISSING = "id_missing", _lt("the id of the call or of the event is missing")
    ID_NO_TEXT = "id_no_text", _lt("the id '%(name)s' is no text")
    ID_TOO_LONG = "id_too_long", _lt("the id '%(name)s' has more than %(most)s bytes")

    # --- times
    TIME_NO_TEXT = "time_no_text", _lt("a time must be a text or a number, not %(kind)s")
    TIME_TOO_OLD = "time_too_old", _lt("the time %(time)s is before the year %(year)s")
    TIME_AHEAD = (
        "time_ahead",
        _lt("the time %(time)s is in the future: check clock and time zone of the sender"),
    )
    TIME_UNLIKE = "time_unlike", _lt("%(value)s is not a time like %(example)s")
    TIME_IMPOSSIBLE = "time_impossible", _lt("%(value)s is not a time: %(error)s")
    TIME_OUTSIDE = "time_outside", _lt("the time is outside of the calendar")

    # --- rows of records of past calls
    ROW_TOO_LONG = (
        "row_too_long",
        _lt("the row has %(values)s values, but the number of columns is %(columns)s"),
    )
    ROW_AHEAD = "row_ahead", _lt("the time %(time)s is in the future: check the time zone")
    NO_START = "no_start", _lt("the start is missing: enter when the call began")
    UNKNOWN_DIRECTION = (
        "unknown_direction",
        _lt("the direction is %(value)s; possible are: %(known)s"),
    )
    UNKNOWN_OUTCOME = (
        "unknown_outcome",
        _lt("the outcome is %(value)s; possible are: %(known)s"),
    )
    NO_DIRECTION = (
        "no_direction",
        _lt(
            "it is not known whether the call came in or went out: enter the direction, or add "
            "the own number to the own numbers, or the phone to the extensions"
        ),
    )
    NO_OUTCOME = (
        "no_outcome",
        _lt("it is not known whether somebody answered: enter the outcome"),
    )
    WAIT_TOO_LONG = "wait_too_long", _lt("the waiting time is longer than the whole call")
    NO_UNIQUEID = (
        "no_uniqueid",
        _lt(
            "the file has no column 'uniqueid', so it is not known which rows are one call, "
            "and which calls are logged already. Set loguniqueid=yes in cdr.conf, or export "
            "the table of the database"
        ),
    )

    # --- what the relay reports about itself
    RELAY_DAMAGE = (
        "relay_damage",
        _lt(
            "The relay's file of events was damaged, perhaps by its disk. It has saved what could "
            "be read (%(saved)s events that were waiting) and goes on; other calls of that "
            "time may be missing or incomplete. Check the disk. The relay's log says where the "
            "damaged file is kept."
        ),
    )
    RELAY_ASIDE = (
        "relay_aside",
        _lt(
            "The relay has set an event aside, because it was not accepted: %(answer)s Its "
            "call may be incomplete. On the relay's machine, call-handling-relay --status lists "
            "such events, and --send-again sends them again."
        ),
    )

    # --- what becomes of events
    PRIVATE_UNREAD = (
        "private_unread",
        _lt(
            "The message was not understood. It is about a private call, or one that was "
            "anonymized, so its text is not stored."
        ),
    )
    CLOSED = (
        "closed",
        _lt("The events of this call were deleted. It does not change any more."),
    )

    # --- why a telephone system does not do something
    NOT_ITS_ID = "not_its_id", _lt("this is no id of this telephone system")
    NOT_ITS_FILE = "not_its_file", _lt("this is no file of this telephone system")
    PHONE_LEFT = "phone_left", _lt("the phone is not in the call any more")
    OTHER_UNKNOWN = "other_unknown", _lt("it is not known with whom the phone is connected")
    NOT_DIALLABLE = "not_diallable", _lt("this number cannot be dialled")
    NOT_A_PHONE = "not_a_phone", _lt("this phone cannot be dialled from")
    CALL_ENDED = "call_ended", _lt("the call has ended")
    CALL_CHANGED = "call_changed", _lt("the call has changed meanwhile")
    USER_ID = "user_id", _lt("Aircall knows its users by numbers: enter the id")
    NO_REASON = "no_reason", _lt("no reason (%(code)s)")
    ANSWER_NO_JSON = "answer_no_json", _lt("no JSON")
    ANSWER_NO_TEXT = "answer_no_text", _lt("no text")
    ANSWER_TOO_LONG = "answer_too_long", _lt("too much")
    ANSWER_CUT_OFF = "answer_cut_off", _lt("the answer was cut off")

    # --- why a file is not fetched, or a server not asked
    NO_WEB_ADDRESS = "no_web_address", _lt("no address of the web")
    NO_PLAIN_ADDRESS = "no_plain_address", _lt("no plain address")
    NO_HTTPS = "no_https", _lt("%(host)s: only HTTPS")
    HOST_NOT_ENTERED = "host_not_entered", _lt("%(host)s: neither HTTPS nor what is entered")
    HOST_FOREIGN = "host_foreign", _lt("%(host)s: not a host of this telephone system")
    HOST_NOT_PUBLIC = "host_not_public", _lt("%(host)s: a machine that is not public")
    TOO_MANY_REDIRECTS = "too_many_redirects", _lt("too many redirects")
    FILE_CUT_OFF = "file_cut_off", _lt("the file was cut off")
    NO_LINK = "no_link", _lt("no link yet")
    UNUSUAL_KEY = "unusual_key", _lt("the key has blanks or unusual characters")

    # --- what a telephone system answers
    API_NOT_SET_UP = (
        "api_not_set_up",
        _lt("Something that dialling needs is missing. Fill in every field, then test again."),
    )
    API_UNREACHABLE = (
        "api_unreachable",
        _lt(
            "The telephone system cannot be reached from the server (%(detail)s). Is its "
            "address correct, and does its firewall accept Odoo?"
        ),
    )
    API_UNAUTHORIZED = (
        "api_unauthorized",
        _lt(
            "The telephone system does not accept Odoo. Check the user and the password or "
            "key, and what they are allowed to do. %(detail)s"
        ),
    )
    API_REFUSED = "api_refused", _lt("The telephone system refused: %(detail)s")
    API_NO_RELAY = (
        "api_no_relay",
        _lt("The relay of %(name)s does not ask for commands at the moment. Use the phone itself."),
    )
    API_NO_TARGET = (
        "api_no_target",
        _lt(
            "%(name)s does not know this extension or number (%(target)s): nothing was done. "
            "Correct it."
        ),
    )
    API_NOT_UNDERSTOOD = (
        "api_not_understood",
        _lt(
            "The answer does not come from this kind of telephone system (%(detail)s). Is it "
            "the address of its API?"
        ),
    )

    # --- files of recordings
    FILE_MISSING = "file_missing", _lt("The telephone system does not have the file.")
    FILE_UNREACHABLE = (
        "file_unreachable",
        _lt("The file cannot be fetched: the connection fails. %(detail)s"),
    )
    FILE_SLOW = "file_slow", _lt("The file does not come within %(seconds)s seconds.")
    FILE_BUSY = (
        "file_busy",
        _lt("The telephone system does not give it now. Odoo asks again."),
    )
    FILE_DENIED = (
        "file_denied",
        _lt(
            "The telephone system does not give the file to Odoo. Check the user and the "
            "password or key, and what they are allowed to do."
        ),
    )
    FILE_REFUSED = (
        "file_refused",
        _lt("The telephone system does not give the file (%(detail)s)."),
    )
    FILE_UNSAFE = (
        "file_unsafe",
        _lt("The file is not fetched, since its address leads elsewhere (%(detail)s)."),
    )
    FILE_TOO_LARGE = "file_too_large", _lt("The file has more than %(size)s MiB.")
    FILE_NO_SOUND = (
        "file_no_sound",
        _lt("The file is no sound of a kind that is stored."),
    )
    FILE_DAMAGED = (
        "file_damaged",
        _lt("The file is damaged, or is not what it says that it is."),
    )

    FILE_INCOMPLETE = "file_incomplete", _lt("Not all of the file has come.")
    FILE_TOO_OLD = "file_too_old", _lt("It was as old as recordings are kept.")
    FILE_DELETED = "file_deleted", _lt("An administrator has deleted it.")
    FILE_NO_RULE = "file_no_rule", _lt("No rule stores recordings of such calls.")
    CALLER_REFUSED = "caller_refused", _lt("The caller has refused it.")

    # --- servers that write or read what was said
    SERVER_UNREACHABLE = (
        "server_unreachable",
        _lt("The server cannot be reached (%(detail)s). Check its address, and whether it runs."),
    )
    SERVER_SLOW = (
        "server_slow",
        _lt("The server does not answer in time. Try again when it has less to do."),
    )
    SERVER_BUSY = (
        "server_busy",
        _lt("The server does not answer now: %(detail)s Try again later."),
    )
    SERVER_DENIED = (
        "server_denied",
        _lt("The server does not accept the key: %(detail)s Check it."),
    )
    SERVER_MISSING = (
        "server_missing",
        _lt("The server does not know the path: %(detail)s Check the address and the path."),
    )
    SERVER_REFUSED = (
        "server_refused",
        _lt("The server refuses what was sent: %(detail)s Check the name of the model."),
    )
    SERVER_UNSAFE = (
        "server_unsafe",
        _lt(
            "Nothing was sent, or the server leads elsewhere: %(detail)s Enter the address at"
            " which it answers itself, with https:// unless it is in your own network."
        ),
    )
    SERVER_TOO_LARGE = (
        "server_too_large",
        _lt("It is too large for the server. %(detail)s"),
    )
    SERVER_NOT_UNDERSTOOD = (
        "server_not_understood",
        _lt("The answer of the server cannot be understood (%(detail)s). Check the path."),
    )
    OUTLINE_UNREADABLE = (
        "outline_unreadable",
        _lt("The answer of the server cannot be read."),
    )
    OUTLINE_CUT_OFF = "outline_cut_off", _lt("The answer of the server was cut off.")
    OUTLINE_REFUSED = (
        "outline_refused",
        _lt("The model does not answer about this call."),
    )
    OUTLINE_EMPTY = "outline_empty", _lt("There is nothing to make proposals from.")


class Reason(str):
    """A text in English that knows its code and values.

    :param code: why
    :param values: those that its text names; they may be reasons too
    """

    code: Why
    values: dict[str, str]

    def __new__(cls, code: Why, /, **values):
        written = {
            name: value if isinstance(value, Reason) else storable(str(value))
            for name, value in values.items()
        }
        return cls._make(code.label % written, code, written)

    @classmethod
    def _make(cls, text: str, code: Why, values: dict[str, str]) -> Reason:
        # a value may be empty
        reason = str.__new__(cls, " ".join(text.split()))
        reason.code = code
        reason.values = values
        return reason

    def translated(self, text: str) -> Reason:
        """Return the same reason with a text in another language. It is stored in the same way."""
        return self._make(text, self.code, self.values)

    def dump(self) -> str:
        """Return the reason as it is stored."""
        values = {name: dump_reason(value) for name, value in self.values.items()}
        about = {
            "reason": self.code.value,
            "values": values,
            "text": str(Reason(self.code, **self.values)),
        }
        return json.dumps(about, ensure_ascii=False)


def dump_reason(text: str) -> str:
    """Return how a reason is stored; a text without a code as it is."""
    return text.dump() if isinstance(text, Reason) else storable(text)


def load_reason(stored: str) -> str:
    """Return a reason that was stored.

    :return: a :class:`Reason`; a plain text if it has no code, or one of another version
    """
    if not stored.startswith(_STORED):
        return stored
    try:
        about = json.loads(stored)
    except ValueError:
        return stored
    try:
        values = {name: load_reason(value) for name, value in about["values"].items()}
        return Reason(Why(about["reason"]), **values)
    except (AttributeError, KeyError, TypeError, ValueError):
        return str(about.get("text") or stored)


def get_reason(error: Exception) -> str:
    """Return why something was raised: a :class:`Reason` if it has a code."""
    first = error.args[0] if error.args else None
    return first if isinstance(first, Reason) else str(error)
