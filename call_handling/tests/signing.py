"""Signs requests as the telephone systems do, for all that we can sign as. Without Odoo."""

import base64
import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

JSON, FORM = "application/json", "application/x-www-form-urlencoded"


@dataclass
class Signed:
    """A request that its telephone system has signed."""

    body: bytes
    headers: dict[str, str]
    query: str = ""


@dataclass
class Signer:
    """Signs requests as one telephone system.

    :param code: of its adapter
    :param address: where it sends them
    :param secret: what is entered in Odoo; of Telnyx, it is the public part of a key
    """

    code: str
    address: str
    secret: str = "a secret for tests"
    sipgate_key: object = None  # see make_sipgate_key
    _telnyx_key: object = field(default_factory=Ed25519PrivateKey.generate)

    def __post_init__(self):
        if self.code == "telnyx":
            public = self._telnyx_key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
            self.secret = base64.b64encode(public).decode()

    def sign(self, body: bytes, content_type: str = JSON, query: str = "") -> Signed:
        """Return the body with the proof that the telephone system sends."""
        if self.code == "twilio":
            signed = self._sign_twilio(body, query)
        else:
            signed = getattr(self, f"_sign_{self.code}", self._sign_event_api)(body)
            signed.query = query
        signed.headers["Content-Type"] = content_type
        return signed

    def _sign_event_api(self, body):
        now = str(int(time.time()))
        signature = hmac.new(self._key, now.encode() + b"." + body, hashlib.sha256).hexdigest()
        headers = {"X-Call-Handling-Timestamp": now}
        return Signed(body, headers | {"X-Call-Handling-Signature": f"v1={signature}"})

    def _sign_zammad(self, body):
        return Signed(body, {})

    def _sign_placetel(self, body):
        signature = hmac.new(self._key, body, hashlib.sha256).hexdigest()
        return Signed(body, {"X-PLACETEL-SIGNATURE": signature})

    def _sign_yeastar(self, body):
        return Signed(body, {"X-Signature": _base64(hmac.digest(self._key, body, "sha256"))})

    def _sign_threecx(self, body):
        return Signed(body, {"X-Call-Handling-Secret": self.secret})

    def _sign_freeswitch(self, body):
        return Signed(body, {"Authorization": f"Basic {_base64(b'user:' + self._key)}"})

    def _sign_aircall(self, body):
        if body.lstrip()[:1] != b"{":
            return Signed(body, {})
        _before, _brace, rest = body.partition(b"{")
        comma = b"" if rest.strip() == b"}" else b", "
        return Signed(b'{"token": %s%s%s' % (json.dumps(self.secret).encode(), comma, rest), {})

    def _sign_twilio(self, body, query):
        query += "&" if query else ""
        query += f"bodySHA256={hashlib.sha256(body).hexdigest()}"
        signed = f"{self.address}?{query}".encode()
        signature = _base64(hmac.digest(self._key, signed, "sha1"))
        return Signed(body, {"X-Twilio-Signature": signature}, query)

    def _sign_vonage(self, body):
        claims = {"payload_hash": hashlib.sha256(body).hexdigest(), "iat": int(time.time())}
        parts = ({"alg": "HS256", "typ": "JWT"}, claims)
        signed = ".".join(_url_base64(json.dumps(part).encode()) for part in parts)
        signature = _url_base64(hmac.digest(self._key, signed.encode(), "sha256"))
        return Signed(body, {"Authorization": f"Bearer {signed}.{signature}"})

    def _sign_telnyx(self, body):
        now = str(int(time.time()))
        signature = _base64(self._telnyx_key.sign(now.encode() + b"|" + body))
        return Signed(body, {"Telnyx-Timestamp": now, "Telnyx-Signature-Ed25519": signature})

    def _sign_sipgate(self, body):
        signature = self.sipgate_key.sign(body, PKCS1v15(), SHA256())
        return Signed(body, {"X-Sipgate-Signature": _base64(signature)})

    @property
    def _key(self):
        return self.secret.encode()


def make_sipgate_key():
    """Return a key in place of sipgate's own, and its public part in the format PEM."""
    key = generate_private_key(65537, 2048)
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return key, public.decode()


def _base64(content):
    return base64.b64encode(content).decode()


def _url_base64(content):
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
