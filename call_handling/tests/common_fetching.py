import json

from .common import CallHttpCommon
from .common_recording import RecordingCommon, make_wav
from .common_server import StandIn, write_body
from .signing import JSON, Signer

SOUND = make_wav(20)
ADDRESS = "address-of-the-provider"


class Provider(StandIn):
    """A telephone system's API.

    :ivar answers: (status, body, headers) by method and path without query; a list is used up
    :ivar requests: (method, path with query, headers) of the requests, as they came
    """

    def __init__(self):
        self.answers, self.requests = {}, []
        super().__init__()

    def respond(self, request):
        self.requests.append((request.method, request.path, request.headers))
        where = request.method, request.path.partition("?")[0]
        found = self.answers.get(where, (404, b""))
        status, body, *headers = found.pop(0) if isinstance(found, list) else found
        return status, write_body(body), headers[0] if headers else {}

    def asked(self, method="GET"):
        """Return the paths of the requests of a method, without queries."""
        return [path.partition("?")[0] for done, path, _headers in self.requests if done == method]


class FetchingCommon(RecordingCommon, CallHttpCommon):
    """Telephone systems that keep recordings, which send their messages to the real route."""

    def setUp(self):
        super().setUp()
        self.provider = Provider()
        self.addCleanup(self.provider.close)

    def _connect(self, code, **values):
        """Return a telephone system whose API is on this machine."""
        token = f"{ADDRESS}-{code}"
        signer = Signer(code, f"{self.base_url()}/call_handling/pbx/{token}")
        api = {"api_url": self.provider.url, "api_account": "AC1", "api_user": "user"}
        api |= {"api_secret": "a-key-of-ours", "secret": signer.secret}
        pbx = self._create_pbx(code, token, **api | values)
        self._give_extension(pbx, self.alice, "101")
        self.signers = getattr(self, "signers", {}) | {pbx: signer}
        return pbx

    def _send(self, pbx, message, content_type=JSON):
        """Send a message of the telephone system to the real route."""
        signer = self.signers[pbx]
        signer.address = pbx.webhook_url
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        signed = signer.sign(body, content_type)
        query = f"?{signed.query}" if signed.query else ""
        answer = self.url_open(
            f"/call_handling/pbx/{pbx.token}{query}", data=signed.body, headers=signed.headers
        )
        self.assertEqual(answer.status_code, 200, answer.text)
        self.env.invalidate_all()

    def _fetch(self):
        self._run_scheduled_action("ir_cron_fetch_recordings")

    def _of(self, pbx):
        """Return the recordings of a telephone system."""
        self.env.invalidate_all()
        return self.env["call.recording"].search([("pbx_id", "=", pbx.id)])
