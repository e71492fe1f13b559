"""Measures how long the recording of an hour takes from the upload until it can be played, what it
takes on the disk, and whether events cost more once recordings are stored."""

import http.client
import os
import statistics
import time
from datetime import datetime, timezone
from hashlib import sha256
from urllib.parse import urlencode

import requests

from adapters.demo import Scene, play
from adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from adapters.uploading import CONTENT_HEADER, describe_upload
from tools.console import Problem

from . import intake, server

DATABASE = "call_handling_bench_recordings"
HOUR = 3600  # seconds
PART = 4 * 1024 * 1024  # bytes, as the relay sends them
TIMEOUT = 120  # seconds of a request
CALLS = 40  # whose events are measured in each round, before and after
ROUNDS = 4
RECORDINGS = 100  # short ones, which are there while events are measured again
MAX_COST = 1.1  # times what an event costs without recordings
# Name -> format tag, bytes of a sample: https://learn.microsoft.com/windows/win32/api/mmreg/
FORMATS = {"PCM, 16 bits": (1, 2), "G.711 µ-law": (7, 1)}
RATE = 8000  # samples per second

PREPARE = """
INSERT INTO call_recording_rule (mode, company_id, active, sequence)
SELECT 'all', company_id, true, 1 FROM call_pbx WHERE token = 'bench';
INSERT INTO res_groups_users_rel (gid, uid)
SELECT res_id, 2 FROM ir_model_data
 WHERE module = 'call_handling' AND name IN ('group_call_recording_all', 'group_call_handling_all')
    ON CONFLICT DO NOTHING;
"""
STORED = """
SELECT r.id, a.file_size FROM call_recording r
  JOIN ir_attachment a ON a.res_model = 'call.recording' AND a.res_id = r.id
 WHERE r.ref = '{ref}' AND r.state = 'here'
"""


def run(odoo):
    """Measure and print the table.

    :raise Problem: a recording is not stored, or events cost more than without recordings
    """
    with server.serve(odoo, DATABASE) as address:
        host = address.removeprefix("http://")
        odoo.postgres.query(PREPARE, DATABASE)
        before = measure_events(host, 1)
        session = log_in(address)
        print(f"{'an hour of':<16}{'upload s':>10}{'to play ms':>12}{'MB':>8}")
        for name, (tag, width) in FORMATS.items():
            sound = make_sound(tag, width, HOUR)
            uploaded = upload(host, name, sound)
            (row,) = odoo.postgres.query(STORED.format(ref=name), DATABASE)
            recording, size = row.split("|")
            playing = listen(session, f"{address}/call_handling/recording/{recording}")
            print(f"{name:<16}{uploaded:>10.1f}{playing * 1000:>12.0f}{int(size) / 1e6:>8.1f}")
        for number in range(RECORDINGS):
            upload(host, f"short {number}", make_sound(1, 2, 5))
        after = measure_events(host, 2)
    print(f"\nmedian of an event, ms: {before * 1000:.2f} without, {after * 1000:.2f} with "
          f"{RECORDINGS} recordings")  # fmt: skip
    if after > before * MAX_COST:
        raise Problem(
            "Events cost more once recordings are stored.",
            "If the machine was busy with something else, measure again.",
        )


def measure_events(host, part):
    """Return the median of the seconds that an event takes, of the fastest round."""
    path = f"/call_handling/pbx/{server.TOKEN}"
    intake.send_calls(host, path, intake.WARM_UP_CALLS, part + 100)
    # the least: other load only adds to it
    return min(
        statistics.median(intake.send_calls(host, path, CALLS, 10 * part + turn))
        for turn in range(ROUNDS)
    )


def make_sound(tag, width, seconds):
    """Return a WAV file with noise, in one channel."""
    data = os.urandom(RATE * width) * seconds
    head = b"WAVEfmt " + b"".join(
        value.to_bytes(size, "little")
        for value, size in (
            (16, 4), (tag, 2), (1, 2), (RATE, 4), (RATE * width, 4), (width, 2), (8 * width, 2),
        )
    )  # fmt: skip
    body = head + b"data" + len(data).to_bytes(4, "little") + data
    return b"RIFF" + len(body).to_bytes(4, "little") + body


def upload(host, ref, sound):
    """Send the events of a call and the file of its recording; return how many seconds the file
    took."""
    call = f"call of {ref}"
    scene = Scene("+493023125642", "+493023125610", ["100"], talk=30)
    for _delay, event in play("answered", scene, call):
        at = datetime.now(timezone.utc).isoformat()
        intake.send(host, f"/call_handling/pbx/{server.TOKEN}", event | {"at": at})
    started = time.perf_counter()
    connection = http.client.HTTPConnection(host, timeout=TIMEOUT)
    for offset in range(0, len(sound), PART):
        about = {"id": ref, "call": call, "size": len(sound), "offset": offset}
        send_part(connection, urlencode(about), sound[offset : offset + PART])
    connection.close()
    return time.perf_counter() - started


def send_part(connection, query, part):
    """Send a part of a file.

    :raise Problem: it is not stored
    """
    now, digest = str(int(time.time())), sha256(part).hexdigest()
    headers = {
        "Content-Type": "application/octet-stream",
        CONTENT_HEADER: digest,
        TIMESTAMP_HEADER: now,
        SIGNATURE_HEADER: sign(server.SECRET, now, describe_upload("PUT", query, digest)),
    }
    path = f"/call_handling/pbx/{server.TOKEN}/recording?{query}"
    connection.request("PUT", path, part, headers)
    answer = connection.getresponse()
    content = answer.read()
    if answer.status != 200:
        raise Problem(f"A part of a recording was answered with {answer.status}: {content[:200]}")


def log_in(address):
    """Return the session of a user who may listen."""
    session = requests.Session()
    params = {"db": DATABASE, "login": "admin", "password": "admin"}
    answer = session.post(
        f"{address}/web/session/authenticate", json={"params": params}, timeout=TIMEOUT
    )
    if "error" in answer.json():
        raise Problem("The administrator cannot log in.")
    return session


def listen(session, url):
    """Return how many seconds the beginning and a jump to the middle take, the longer of both.

    :raise Problem: there is no sound
    """
    longest = 0
    for wanted in ("bytes=0-65535", "bytes=14000000-14065535"):
        started = time.perf_counter()
        answer = session.get(url, headers={"Range": wanted}, timeout=TIMEOUT)
        longest = max(longest, time.perf_counter() - started)
        if answer.status_code != 206 or len(answer.content) != 65536:
            raise Problem(f"The recording cannot be played: {answer.status_code}")
    return longest
