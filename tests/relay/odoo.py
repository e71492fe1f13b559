"""A fake Odoo that accepts signed events like Call handling."""

import json
import queue
import threading
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from adapters.commands import read_poll, seal
from adapters.request import Refused, WebhookRequest
from adapters.signature import verify_signature
from adapters.uploading import is_content_intact, read_upload, verify_upload

PATH = "/call_handling/pbx/a-token"
COMMANDS_PATH = f"/websocket{PATH}"
RECORDINGS_PATH = f"{PATH}/recording"
WAIT = 0.5  # seconds; the relay would wait longer
SECRET = "a secret of the telephone system"
MAX_BODY = 256 * 1024


def seal_command(command, poll, age=0.0):
    """Return a command as Odoo sends it.

    :param command: what to do
    :param poll: the request that it answers
    :param age: seconds since somebody wanted it
    """
    now = datetime.now(timezone.utc)
    return seal(command, poll, now - timedelta(seconds=age), now, 0)


class FakeOdoo:
    """A webhook on 127.0.0.1.

    :ivar events: the events that it has accepted
    :ivar batches: the same events by request
    :ivar answer_headers: more headers of the answers
    :ivar commands: for the relay; each is given out once
    :ivar results: of commands, by their ids
    :ivar polls: what the relay has asked with each request for commands
    :ivar wait: how long it waits for one, in seconds
    :ivar seal: makes what is sent of a command, for a request
    :ivar recordings: what it has of files, by id of the recording
    :ivar uploads: what was said about each part that was stored
    :ivar respond_to_file: returns the status of the answer to a part. ``None`` stores it; an
        exception closes the connection
    :ivar respond: returns the answer to the events of a request. ``None`` accepts them, a number
        is a status, a text is the body of a 200; an exception closes the connection
    """

    def __init__(self):
        self.events = []
        self.batches = []
        self.heartbeats = 0
        self.requests = 0
        self.respond = lambda events: None
        self.commands = queue.SimpleQueue()
        self.results = {}
        self.polls = []
        self.recordings = {}
        self.uploads = []
        self.known = set()  # recordings that were announced
        self.requests_about_files = 0
        self.respond_to_file = lambda upload: None
        self.seal = seal_command
        self.wait = WAIT
        self.headers = {}
        self.date = None
        self.answer_headers = {}
        self.server = None
        self.port = 0
        self.open()

    def open(self):
        """Start listening, on the same port as before."""
        handler = type("Handler", (_Handler,), {"odoo": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", self.port), handler)
        self.server.daemon_threads = True
        # A relay that is killed closes its connection in the middle of a request.
        self.server.handle_error = lambda *_request: None
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def close(self):
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    @property
    def address(self):
        """The URL to which the relay sends its events."""
        return f"http://127.0.0.1:{self.port}{PATH}"

    def receive(self, path, headers, body):
        """Return the status and the body of the answer to a request."""
        self.requests += 1
        self.headers = headers
        request = WebhookRequest(
            body, datetime.now(timezone.utc), headers={k.lower(): v for k, v in headers.items()}
        )
        try:
            verify_signature(request, (SECRET,))
        except Refused:
            return 403, {"error": "refused"}
        if path == COMMANDS_PATH:
            return 200, self._give(read_poll(request, (SECRET,)))
        if path != PATH:
            return 403, {"error": "refused"}
        if len(body) > MAX_BODY:
            return 413, None
        return self._accept(json.loads(body))

    def receive_file(self, method, target, headers, body):
        """Return the status and the body of the answer to a request about a file."""
        self.requests_about_files += 1
        path, _mark, query = target.partition("?")
        request = WebhookRequest(
            body,
            datetime.now(timezone.utc),
            headers={k.lower(): v for k, v in headers.items()},
            query=query,
        )
        try:
            verify_upload(request, method, (SECRET,))
        except Refused:
            return 403, {"error": "refused"}
        if path != RECORDINGS_PATH or not is_content_intact(request):
            return 400, {"error": "wrong"}
        upload = read_upload(request, is_question=method == "GET")
        has = self.recordings.get(upload.ref, b"")
        if method == "GET":
            is_known = has or upload.ref in self.known
            state = {"state": "announced"} if is_known else {}
            return (200 if is_known else 404), {"offset": len(has)} | state
        status = self.respond_to_file(upload)
        if status:
            return status, {"error": "no rule stores it"}
        if upload.offset != len(has):
            return 409, {"error": "a part is missing", "offset": len(has)}
        self.recordings[upload.ref] = has + upload.data
        self.uploads.append(upload)
        return 200, {"state": "fetching", "offset": len(has) + len(upload.data)}

    def _give(self, poll):
        self.polls.append(poll)
        for result in poll.results:
            self.results.setdefault(result.id, []).append(result)
        try:
            given = self.commands.get(timeout=0 if poll.is_test else min(poll.wait, self.wait))
        except queue.Empty:
            return {"commands": []}
        return {"commands": [self.seal(given, poll)]}

    def _accept(self, events):
        if isinstance(events, dict):
            self.heartbeats += 1
            events = []
        answer = self.respond(events)
        if isinstance(answer, int):
            return answer, {"error": "'x' is wrong"}
        if answer is not None:
            return 200, answer
        if events:
            self.batches.append(events)
            self.events += events
        return 200, {"accepted": len(events), "duplicates": 0, "failed": 0}


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    odoo: FakeOdoo

    def do_POST(self):
        self._answer(lambda body: self.odoo.receive(self.path, dict(self.headers), body))

    def do_PUT(self):
        about = self.command, self.path, dict(self.headers)
        self._answer(lambda body: self.odoo.receive_file(*about, body))

    def do_GET(self):
        self.do_PUT()

    def _answer(self, receive):
        body = self.rfile.read(int(self.headers["Content-Length"] or 0))
        try:
            status, answer = receive(body)
        except ConnectionError:
            self.close_connection = True
            return
        content = (answer if isinstance(answer, str) else json.dumps(answer)).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        for name, value in self.odoo.answer_headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def date_time_string(self, timestamp=None):
        return self.odoo.date or super().date_time_string(timestamp)

    def log_message(self, *_arguments):
        """Do not log requests."""
