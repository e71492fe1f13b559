"""Until when the certificate of an address is valid."""

from __future__ import annotations

import socket
import ssl
from datetime import datetime, timezone
from urllib.parse import urlsplit

from cryptography import x509

HTTPS_PORT = 443


def get_place(address: str | None) -> str | None:
    """Return the host and the port of an address that has a certificate.

    :param address: URL
    :return: such as ``pbx.example.com:8089``; ``None`` if it is not reached by https
    """
    try:
        parts = urlsplit((address or "").strip())
        port = parts.port or HTTPS_PORT
    except ValueError:
        return None
    if parts.scheme.lower() != "https" or not parts.hostname:
        return None
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{host}:{port}"


def read_end(place: str, timeout: float) -> datetime:
    """Return until when the certificate of a place is valid. Nothing is sent there but the
    beginning of a connection.

    :param place: as :func:`get_place` returns it
    :param timeout: seconds for each step of the connection
    :return: naive UTC
    :raise OSError: it cannot be reached, or not by https
    :raise ValueError: its certificate cannot be read
    """
    host, _colon, port = place.rpartition(":")
    host = host.strip("[]")
    # Nothing is trusted here: that a certificate has ended is what is asked.
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    with (
        socket.create_connection((host, int(port)), timeout) as connection,
        context.wrap_socket(connection, server_hostname=host) as secure,
    ):
        encoded = secure.getpeercert(binary_form=True)
    certificate = x509.load_der_x509_certificate(encoded)
    if hasattr(certificate, "not_valid_after_utc"):  # since cryptography 42
        return certificate.not_valid_after_utc.astimezone(timezone.utc).replace(tzinfo=None)
    return certificate.not_valid_after
