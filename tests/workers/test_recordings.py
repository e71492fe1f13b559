"""Files of recordings, sent to a real server: what was answered is stored, and nothing twice."""

import hashlib
import json
import re
import struct
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from .pbx import SECRET
from .test_event_api import PAGE, fill_in, get_examples

PART = 64 * 1024
STORED = """
SELECT r.ref, r.state, r.received, c.pbx_ref, a.res_field, a.checksum
  FROM call_recording r
  LEFT JOIN call_call c ON c.id = r.call_id
  LEFT JOIN ir_attachment a ON a.res_model = 'call.recording' AND a.res_id = r.id
 WHERE r.pbx_id = %s
"""


def make_wav(seconds):
    """Return G.711 whose parts all differ."""
    sound = b"".join(struct.pack("<I", number) for number in range(seconds * 2000))
    head = struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)
    body = b"WAVEfmt " + struct.pack("<I", 16) + head + b"data"
    body += struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


SOUND = make_wav(40)


@pytest.fixture
def pbx(new_pbx):
    pbx = new_pbx("generic")
    pbx.store_recordings()
    return pbx


def send_file(pbx, ref, call):
    """Send the file in parts, and ask where to go on, until all of it is stored."""
    while True:
        asked = pbx.send_sound(id=ref).json()
        if asked.get("offset") == len(SOUND):
            return
        place = asked.get("offset", 0)
        part = SOUND[place : place + PART]
        answer = pbx.send_sound(part, id=ref, call=call, offset=place, size=len(SOUND))
        assert answer.status_code in (200, 409), answer.text


def send_call(pbx, call):
    phone = {"call": call, "leg": f"{call}-1", "extension": "101"}
    for event in (
        phone | {"event": "ringing", "direction": "incoming", "from": "+12025550175"},
        phone | {"event": "answered"},
        {"call": call, "event": "recording", "recording": {"id": f"r{call}"}},
        {"call": call, "event": "ended"},
    ):
        pbx.send([event])


def test_several_send_the_same_file_while_its_call_goes_on(pbx):
    calls = ["a", "b"]
    with ThreadPoolExecutor(6) as pool:
        jobs = [pool.submit(send_call, pbx, call) for call in calls]
        jobs += [pool.submit(send_file, pbx, f"r{call}", call) for call in calls * 2]
        for job in jobs:
            job.result()
    digest = hashlib.sha1(SOUND).hexdigest()
    rows = sorted(tuple(row.values()) for row in pbx.database.rows(STORED, [pbx.id]))
    assert rows == [(f"r{call}", "here", len(SOUND), call, "file", digest) for call in calls]


def test_the_shell_example_stores_a_recording(pbx, tmp_path):
    send_call(pbx, "a1")
    (tmp_path / "call.wav").write_bytes(SOUND)
    first, *_others = get_examples("sh")
    settings = fill_in(first[: first.index("body=")], pbx, SECRET)
    (example,) = re.findall(r"```sh\n(file=.*?)```", PAGE.read_text(), re.DOTALL)
    done = subprocess.run(
        ["sh", "-c", settings + example], capture_output=True, text=True, check=True, cwd=tmp_path
    )
    answer = json.loads(done.stdout)
    assert answer == {"state": "here", "offset": len(SOUND), "size": len(SOUND)}
