"""Servers on this machine that keep files as telephone systems do, and a network in which they
have public names."""

from __future__ import annotations

import datetime
import ipaddress
import socket
import ssl
import threading
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from adapters.fetching import Network

PUBLIC = "93.184.215.14"  # an address of the public internet, as names resolve to it here


@dataclass
class FileServer:
    """Answers each request with what ``serve`` writes to the connection.

    :ivar requests: the heads of the requests, as they came
    """

    serve: Callable[[socket.socket, str], None]
    context: ssl.SSLContext | None = None
    port: int = 0
    requests: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def handle(self, connection: socket.socket) -> None:
        with suppress(OSError), connection:
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            head = b""
            while b"\r\n\r\n" not in head:
                if not (part := connection.recv(65536)):
                    return
                head += part
            request = head.decode("latin-1")  # with the beginning of a body, if there is one
            self.requests.append(request)
            self.serve(connection, request)
            connection.close()


@contextmanager
def file_server(serve, context=None):
    """Run a server on 127.0.0.1 until the ``with`` block ends."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = FileServer(serve, context, listener.getsockname()[1])

    def run():
        with suppress(OSError):
            while True:
                connection, _address = listener.accept()
                threading.Thread(target=server.handle, args=(connection,), daemon=True).start()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def answer(body=b"", status="200 OK", **headers):
    """Return a ``serve`` that writes one answer."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    named = {"Content-Length": str(len(body))} | named
    lines = "".join(f"{name}: {value}\r\n" for name, value in named.items())
    head = f"HTTP/1.1 {status}\r\n{lines}\r\n".encode()

    def serve(connection, _request):
        connection.sendall(head + body)

    return serve


class NamedNetwork(Network):
    """A network in which names lead to servers on this machine.

    :param addresses: IP addresses by name; all other names have a public one
    :param servers: ports on this machine by IP address and port
    :param authority: whose certificates are trusted
    """

    def __init__(self, servers, addresses=None, authority: Authority | None = None):
        self.servers = servers
        self.addresses = addresses or {}
        self.authority = authority
        self.connected: list[tuple[str, int]] = []
        self.resolved: list[str] = []

    def resolve(self, host, port):
        self.resolved.append(host)
        found = self.addresses.get(host, [PUBLIC])
        return found(len(self.resolved)) if callable(found) else found

    def connect(self, address, port, timeout):
        self.connected.append((address, port))
        if (address, port) not in self.servers:
            raise ConnectionRefusedError
        return super().connect("127.0.0.1", self.servers[address, port], timeout)

    def make_context(self):
        return ssl.create_default_context(cadata=self.authority.text if self.authority else None)


class Authority:
    """Certifies names, for those who trust it."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = _name("Authority of the tests")
        certificate = self._build(self.name, self.key.public_key(), is_authority=True)
        self.text = certificate.public_bytes(serialization.Encoding.PEM).decode()

    def make_context(self, folder, *names):
        """Return the context of a server with a certificate for names."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = self._build(_name(names[0]), key.public_key(), names)
        path = folder / f"{names[0]}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context

    def _build(self, subject, public_key, names=(), is_authority=False):
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - datetime.timedelta(days=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        )
        if names:
            known = [_general_name(name) for name in names]
            builder = builder.add_extension(x509.SubjectAlternativeName(known), critical=False)
        return builder.sign(self.key, hashes.SHA256())


def _name(text):
    return x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, text)])


def _general_name(name):
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
