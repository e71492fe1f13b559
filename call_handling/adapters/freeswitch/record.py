"""Decodes the records of FreeSWITCH's mod_json_cdr, and selects what is stored of them."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Mapping
from urllib.parse import unquote

from ..reasons import Reason, Why
from ..request import Malformed, WebhookRequest

# What is stored of a record: the rest is technical, and large.
VARIABLES = (
    "uuid", "call_uuid", "direction", "call_direction", "user_name", "dialed_user", "sip_to_user",
    "originated_legs", "originate_causes", "bridge_uuid", "signal_bond", "last_app",
    "hangup_cause", "start_uepoch", "answer_uepoch", "bridge_uepoch", "end_uepoch",
    "call_handling_number", "voicemail_action", "voicemail_message_seconds", "amd_result",
    "conference_uuid", "cc_side", "cc_queue", "cc_agent", "cc_agent_uuid", "cc_member_uuid",
    "cc_member_session_uuid", "cc_queue_answered_epoch", "cc_queue_terminated_epoch",
    "cc_cancel_reason", "effective_caller_id_number", "outbound_caller_id_number",
)  # fmt: skip
# Where a record names the file of a recording, whole or only below a folder: FusionPBX's order.
FILES = ("record_name", "cc_record_filename", "last_arg", "sofia_record_file")
RECORDS = "record_session"  # an application of the dial plan
PROFILE = ("caller_id_number", "caller_id_name", "destination_number")


def read_record(request: WebhookRequest):
    """Return the JSON of a record, in any of its three encodings."""
    body = request.body.strip()
    if body.startswith(b"{"):
        return request.json()  # whatever the content type says
    value = dict(request.form).get("cdr")
    if value is None and body.startswith(b"cdr="):
        value = body[4:].decode("ascii", "replace")
    if value is None:
        raise Malformed(Reason(Why.CDR_MISSING))
    if not value.lstrip().startswith("{"):
        value = _from_base64(value)
    inner = WebhookRequest(value.encode("utf-8", "surrogatepass"), request.received_at)
    return inner.json()


def _from_base64(value: str) -> str:
    try:
        # a form replaces plus signs by blanks
        return base64.b64decode(unquote(value).replace(" ", "+"), validate=True).decode()
    except (binascii.Error, ValueError):
        raise Malformed(Reason(Why.CDR_UNREADABLE)) from None


def reduce(record: Mapping) -> dict:
    """Return what is stored of a record."""
    variables = record.get("variables")
    if not isinstance(variables, Mapping):
        return {}
    kept = {name: variables[name] for name in VARIABLES if name in variables}
    flow = record.get("callflow")
    entries = objects_of(flow if isinstance(flow, list) else [flow])
    file = _find_file({name: _decoded(value) for name, value in variables.items()})
    return {
        "variables": {name: _decoded(value) for name, value in kept.items()},
        "callflow": [_reduce_entry(entry) for entry in entries],
    } | ({"recording": name_file(file)} if file else {})


def _find_file(variables: Mapping) -> str | None:
    """Return the path of the file of a recording, or what is known of it."""
    names = {name: value for name, value in variables.items() if isinstance(value, str) and value}
    if names.get("last_app") != RECORDS:
        names.pop("last_arg", None)
    if not names.get("record_path"):
        names.pop("record_name", None)  # it is only meant
    elif names.get("record_ext") and names.get("uuid"):
        names.setdefault("record_name", f"{names['uuid']}.{names['record_ext']}")
    return next((names[name] for name in FILES if name in names), None)


def name_file(path: str) -> str:
    """Return what the file of a recording is called in Odoo, as the relay's ``files.py`` does. A
    number in its name is not in it."""
    stem = path.rpartition("/")[2].rpartition(".")
    digest = hashlib.sha256((stem[0] or stem[2]).encode("utf-8", "replace")).hexdigest()
    return f"file-{digest[:24]}"


def _reduce_entry(entry: Mapping) -> dict:
    profile = profile_of(entry)
    rung = profile.get("originatee")
    rung = rung.get("originatee_caller_profiles") if isinstance(rung, Mapping) else None
    return {
        "times": entry.get("times"),
        "caller_profile": {name: _decoded(profile[name]) for name in PROFILE if name in profile},
        "legs": [one.get("uuid") for one in objects_of(rung)],
    }


def profile_of(entry: Mapping) -> Mapping:
    profile = entry.get("caller_profile")
    return profile if isinstance(profile, Mapping) else {}


def _decoded(value):
    """Decode a value: they are URL-encoded, unless the administrator has switched that off."""
    return unquote(value) if isinstance(value, str) else value


def list_of(value) -> list:
    """Return a list, empty if it is something else."""
    return value if isinstance(value, list) else []


def objects_of(value) -> list[Mapping]:
    """Return the objects in a list."""
    return [entry for entry in list_of(value) if isinstance(entry, Mapping)]
