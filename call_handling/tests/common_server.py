import json
import threading
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple


class Request(NamedTuple):
    """What a server was asked.

    :param path: with its query
    """

    method: str
    path: str
    headers: dict
    body: bytes


class StandIn:
    """Stands in for a server of others, on this machine, from when it is created until it is
    closed. What it answers is said by :meth:`respond` of the class.

    :ivar url: its address
    :ivar on_request: called before a request is answered
    """

    def __init__(self):
        self.on_request = None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._make_handler())
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True
        )
        self._thread.start()

    def respond(self, request):
        """Return the answer to a request.

        :param Request request: as it came
        :return: status, content, and headers
        :rtype: tuple[int, bytes, dict]
        """
        raise NotImplementedError

    def close(self):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _make_handler(self):
        stand_in = self

        class Handler(BaseHTTPRequestHandler):
            def _answer(self):
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                request = Request(self.command, self.path, dict(self.headers), body)
                if stand_in.on_request:
                    stand_in.on_request()
                status, content, headers = stand_in.respond(request)
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(content))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(content)

            do_GET = do_POST = do_DELETE = _answer  # noqa: N815 - names that the base class expects

            def log_message(self, *_args):
                """Log nothing."""

        return Handler


def write_body(body):
    """Return a body as it is sent: bytes as they are, everything else as JSON.

    :rtype: bytes
    """
    return body if isinstance(body, bytes) else json.dumps(body).encode()
