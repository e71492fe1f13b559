"""JSON Web Tokens (RFC 7519): read with a secret, created with a private key."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key

from .request import Refusal, Refused
from .signature import require_one_of


def read_token(token: str, secrets: tuple[str, ...]) -> dict:
    """Return the claims of a token that is signed with one of our secrets (HS256).

    :raise Refused: the signature is wrong
    """
    signed, _dot, signature = token.rpartition(".")
    good = (
        encode(hmac.digest(secret.encode(), signed.encode(), hashlib.sha256)) for secret in secrets
    )
    require_one_of(signature, good)
    try:
        header, claims = (json.loads(decode(part)) for part in signed.split("."))
    except (ValueError, binascii.Error):
        raise Refused(Refusal.WRONG_SIGNATURE) from None
    if not isinstance(claims, dict) or header.get("alg") != "HS256":
        raise Refused(Refusal.WRONG_SIGNATURE)
    return claims


def make_token(claims: dict, key: RSAPrivateKey) -> str:
    """Return a token that is signed with a private key (RS256)."""
    header = {"alg": "RS256", "typ": "JWT"}
    signed = ".".join(encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{signed}.{encode(key.sign(signed.encode(), PKCS1v15(), SHA256()))}"


def read_private_key(pem: str) -> RSAPrivateKey:
    """Read a private key, even if its line breaks were lost when it was entered.

    :raise ValueError: it is not an RSA key
    """
    middle = "".join(part for part in pem.split("-----") if "PRIVATE KEY" not in part)
    try:
        key = load_der_private_key(base64.b64decode("".join(middle.split())), password=None)
    except (TypeError, UnsupportedAlgorithm):
        raise ValueError("not a private key") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("not an RSA key")
    return key


def encode(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def decode(part: str) -> bytes:
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
