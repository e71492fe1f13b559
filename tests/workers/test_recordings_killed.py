"""Who sends or fetches a recording is killed in the middle of it: nothing is lost, nothing comes
twice."""

import base64
import contextlib
import hashlib
import hmac
import json
from http.server import BaseHTTPRequestHandler

import pytest
import requests

from call_handling_relay.uploader import PART
from tests.relay import asterisk as manager
from tests.relay.process import RelayProcess, wait_until
from traces import load

from .pbx import SECRET
from .server import TIMEOUT
from .speech import kill_asker, serving
from .test_recordings import make_wav

STORED = """
SELECT r.state, r.received, a.res_field, a.checksum
  FROM call_recording r
  LEFT JOIN ir_attachment a ON a.res_model = 'call.recording' AND a.res_id = r.id
 WHERE r.pbx_id = %s
"""
NO_FILES = "LOCK TABLE ir_attachment IN EXCLUSIVE MODE"
API = """
UPDATE call_pbx SET api_url = %s, api_user = 'u', api_secret = 's' WHERE id = %s RETURNING id
"""
CRON = "SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_fetch_recordings'"
LATER = """
UPDATE call_recording SET date_fetch = now() AT TIME ZONE 'UTC'
 WHERE pbx_id = %s AND state != 'here' RETURNING id
"""
RECORD = {
    "call_id": "1795431605.362", "time_start": "2026-11-23 12:00:00", "call_from": "2005",
    "call_to": "101", "call_duration": 62, "talk_duration": 60, "status": "ANSWERED",
    "type": "Internal", "recording": "20261123120005-1795431605.362-2005-101-Internal.wav",
}  # fmt: skip


def assert_stored_once(pbx, sound):
    """Check that there is one recording, with one file."""
    rows = [tuple(row.values()) for row in pbx.database.rows(STORED, [pbx.id])]
    assert rows == [("here", len(sound), "file", hashlib.sha1(sound).hexdigest())]


# --- the relay ---------------------------------------------------------------------------


@pytest.fixture
def asterisk():
    asterisk = manager.FakeAsterisk()
    yield asterisk
    asterisk.close()


def test_a_relay_that_is_killed_while_it_sends_a_part(new_pbx, asterisk, tmp_path):
    pbx = new_pbx("asterisk")
    pbx.store_recordings()
    sound = make_wav(5 * PART // 2 // 8000)
    (tmp_path / "long.wav").write_bytes(sound)
    relay = RelayProcess(
        tmp_path,
        ASTERISK_PORT=str(asterisk.port),
        ASTERISK_USERNAME=manager.USERNAME,
        ASTERISK_SECRET=manager.SECRET,
        ODOO_ADDRESS=pbx.url,
        ODOO_SECRET=SECRET,
        RECORDINGS_FOLDER=str(tmp_path),
    )
    first, *others = load("asterisk", "incoming_answered_caller_hangs_up")
    about = {name: first[name] for name in ("Channel", "Uniqueid", "Linkedid", "Timestamp")}
    recorded = {"Event": "VarSet", "Variable": "MIXMONITOR_FILENAME", "Value": "long.wav"}
    relay.start()
    asterisk.send(first, about | recorded, *others)
    for _part in range(2):
        with pbx.database.uncommitted(NO_FILES):
            wait_until(pbx.database.count_waiting, "a part that waits to be stored")
            relay.kill()
            relay.start()
    wait_until(lambda: relay.count("recording"), "what it has stored")
    wait_until(lambda: not relay.count("recording"), "the end of the upload")
    assert relay.stop() == 0
    assert_stored_once(pbx, sound)


# --- Odoo --------------------------------------------------------------------------------


@contextlib.contextmanager
def telephone_system(give):
    """Run a telephone system that keeps files, as Yeastar does; return its address.

    :param give: a function of the handler of a request for a file, which sends it
    """

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers["Content-Length"] or 0))
            self.answer(json.dumps({"errcode": 0, "access_token": "t"}).encode())

        def do_GET(self):
            if self.path.startswith("/openapi/"):
                found = {"errcode": 0, "download_resource_url": "/api/download/x.wav"}
                self.answer(json.dumps(found).encode())
            else:
                give(self)

        def answer(self, content, sent=None):
            """Send an answer; of its content, only as many bytes as are given."""
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[:sent])

        def log_message(self, *_arguments):
            """Log nothing."""

    with serving(Handler) as address:
        yield address


def send_record(pbx):
    """Send what Yeastar reports at the end of a call that was recorded."""
    body = json.dumps({"type": 30012, "sn": "1", "msg": json.dumps(RECORD)}).encode()
    signature = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha256")).decode()
    headers = {"Content-Type": "application/json", "X-Signature": signature}
    answer = requests.post(pbx.url, data=body, headers=headers, timeout=TIMEOUT)
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("share", [0, 0.5], ids=["at first", "in the middle"])
def test_odoo_is_killed_while_it_fetches_a_file(new_pbx, admin, share):
    pbx, sound, asked = new_pbx("yeastar"), make_wav(60), []
    pbx.store_recordings()

    def give(handler):
        asked.append(handler.path)
        is_first = len(asked) == 1
        handler.answer(sound, round(share * len(sound)) if is_first else None)
        if is_first:
            kill_asker(handler)

    def fetch():
        pbx.database.rows(LATER, [pbx.id])
        cron = pbx.database.rows(CRON)[0]["res_id"]
        with contextlib.suppress(requests.ConnectionError):
            admin.call("ir.cron", "method_direct_trigger", [cron])

    with telephone_system(give) as url:
        pbx.database.rows(API, [url, pbx.id])
        send_record(pbx)
        for _attempt in range(3):
            fetch()
    assert len(asked) == 2
    assert_stored_once(pbx, sound)
