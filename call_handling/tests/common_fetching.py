import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from .common import CallHttpCommon
from .common_recording import RecordingCommon, make_wav
from .signing import JSON, Signer

SOUND = make_wav(20)
ADDRESS = "address-of-the-provider"


class Provider:
    """A telephone system's API on this machine.

    :ivar answers: (status, body, headers) by method and path without query; a list is used up
    :ivar requests: (method, path with query, headers) of the requests, as they came
    """

    def __init__(self):
        self.answers, self.requests, self.on_request = {}, [], None
        provider = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                provider.requests.append((self.command, self.path, dict(self.headers)))
                if provider.on_request:
                    provider.on_request(self.command, self.path)
                found = provider.answers.get(
                    (self.command, self.path.partition("?")[0]), (404, b"")
                )
                status, body, *headers = found.pop(0) if isinstance(found, list) else found
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(content)))
                for name, value in (headers[0] if headers else {}).items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(content)

            do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - names that the base class expects

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
