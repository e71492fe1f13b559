"""A telephone system's API on this machine: returns prepared answers, records the requests."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class ReceivedRequest:
    """A request as it arrived."""

    method: str
    path: str
    headers: dict[str, str]
    body: str

    @property
    def json(self):
        return json.loads(self.body)


@dataclass
class ApiServer:
    """Returns answers in order. An answer is (status, headers, body)."""

    url: str
    answers: list = field(default_factory=list)
    requests: list[ReceivedRequest] = field(default_factory=list)

    def will_answer(self, body="", status=200, **headers):
        text = body if isinstance(body, str) else json.dumps(body)
        header_values = {name.replace("_", "-"): value for name, value in headers.items()}
        self.answers.append((status, header_values, text))


@contextmanager
def api_server():
    """Run a server on 127.0.0.1 until the ``with`` block ends."""
    api = ApiServer("")

    class Handler(BaseHTTPRequestHandler):
        def answer(self):
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            api.requests.append(ReceivedRequest(self.command, self.path, headers, body))
            status, headers, text = api.answers.pop(0)
            content = text.encode()
            self.send_response(status)
            for name, value in (headers | {"Content-Length": str(len(content))}).items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - names that the base class expects

        def log_message(self, *_args):
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    api.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield api
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
