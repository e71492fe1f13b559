import json
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from odoo import Command, fields

from .common_recording import RecordingCommon

KEY = "a-key-of-the-model"
SAID = [
    ("outside", "Our heating is cold again."),
    ("inside", "We will send somebody on Monday."),
]
ANSWER = {
    "summary": "The heating is cold again.",
    "reason": "The heating does not work.",
    "agreed": ["Somebody comes on Monday."],
    "questions": ["Which boiler is it?"],
    "actions": [{"text": "Send a technician", "who": "us", "due": "2026-11-30"}],
    "category": None,
    "project": None,
}


class StandIn:
    """A server that speaks the chat-completions form, on this machine.

    :ivar answers: (status, body, headers) of the next requests; the last one is repeated
    :ivar requests: (path, headers, body as JSON) of the requests, as they came
    :ivar on_request: called before a request is answered
    """

    def __init__(self):
        self.answers, self.requests, self.on_request = [complete(ANSWER)], [], None
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):  # noqa: N802 - a name that the base class expects
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                stand_in.requests.append((self.path, dict(self.headers), json.loads(body)))
                if stand_in.on_request:
                    stand_in.on_request()
                answers = stand_in.answers
                status, body, *headers = answers.pop(0) if len(answers) > 1 else answers[0]
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                for name, value in (headers[0] if headers else {}).items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(content)

            def log_message(self, *_args):
                """Log nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.thread = threading.Thread(
            target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self.thread.start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()
        self.thread.join()


def complete(content, **choice):
    """Return how a server answers with what a model has written."""
    text = content if isinstance(content, str) else json.dumps(content)
    message = {"role": "assistant", "content": text}
    return 200, {"choices": [{"message": message, "finish_reason": "stop"} | choice]}


class OutlineCommon(RecordingCommon):
    """A company that has named a server, and calls with transcripts. Alice and the boss listen."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls._let_listen(cls.alice)
        cls._let_listen(cls.boss, "all")
        cls.alice.group_ids += cls.env.ref("project.group_project_user")
        cls.alice.name, cls.bob.name = "Alice", "Bob"
        cls.company.call_private_hours = 10**6  # the calls have fixed dates
        cls.category = cls.env["call.category"].create({"name": "Heating"})
        cls.customer = cls._create_contact("Customer Roe", "+12025550142")
        cls.project = cls.env["project.project"].create(
            {
                "name": "Boiler room",
                "partner_id": cls.customer.id,
                "company_id": cls.company.id,
                "privacy_visibility": "employees",
            }
        )
        cls.other_project = cls.env["project.project"].create(
            {"name": "Secret of others", "company_id": cls.company.id}
        )

    def setUp(self):
        super().setUp()
        self.server = StandIn()
        self.addCleanup(self.server.close)
        self.company.write(
            {
                "call_outline_url": self.server.url,
                "call_outline_model": "small-model",
                "new_call_outline_key": KEY,
            }
        )

    @classmethod
    def _transcribe(cls, call, said=SAID):
        """Add a recording and its transcript to a call, as if the transcript had just come."""
        cls._upload(call.pbx_ref, f"r-{call.pbx_ref}")
        recording = cls._recording(f"r-{call.pbx_ref}")
        transcript = cls.env["call.transcript"].search([("recording_id", "=", recording.id)])
        transcript = transcript or cls.env["call.transcript"].create({"recording_id": recording.id})
        transcript.line_ids = [
            Command.create({"side": side, "text": text, "start": 1000 * i, "end": 1000 * i + 900})
            for i, (side, text) in enumerate(said)
        ]
        transcript.state = "here"
        transcript._finish()
        return transcript

    def _ask(self):
        self._run_scheduled_action("ir_cron_outline")

    def _wait_for_next_attempt(self, call):
        """Let the time of the next attempt come."""
        call.outline_ids.date_ask = fields.Datetime.now()

    def _outline(self, ref="c1", said=SAID, **values):
        """Return a call that the server was asked about."""
        call = self._log_call(ref, "+12025550142", **values)
        self._transcribe(call, said)
        self._ask()
        return call

    def _point(self, call, kind, user=None):
        """Return a point of a kind, as a user."""
        points = call.outline_ids.point_ids.filtered(lambda point: point.kind == kind)
        return points[:1].with_user(user or self.alice)

    def _get_sent(self, index=-1):
        """Return the body of a request, and all of it as text."""
        body = self.server.requests[index][2]
        return body, json.dumps(body, ensure_ascii=False)

    @staticmethod
    def _be_slow(seconds):
        return lambda: time.sleep(seconds)
