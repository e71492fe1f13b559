import json
import time

from odoo import Command, fields

from .common_recording import RecordingCommon
from .common_server import StandIn, write_body

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


class ModelServer(StandIn):
    """A server that speaks the chat-completions form.

    :ivar answers: (status, body, headers) of the next requests; the last one is repeated
    :ivar requests: (path, headers, body as JSON) of the requests, as they came
    """

    def __init__(self):
        self.answers, self.requests = [complete(ANSWER)], []
        super().__init__()

    def respond(self, request):
        self.requests.append((request.path, request.headers, json.loads(request.body)))
        answers = self.answers
        status, body, *headers = answers.pop(0) if len(answers) > 1 else answers[0]
        return status, write_body(body), headers[0] if headers else {}


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
        self.server = ModelServer()
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
