"""The token with which a monitoring program asks for states. Only its digest is stored."""

from __future__ import annotations

import hashlib
import secrets

from odoo.tools import consteq

PARAMETER = "call_handling.health_token"


def new_token(env) -> str:
    """Create a token, which replaces the one before."""
    token = secrets.token_urlsafe(32)
    # sudo: administrators of calls replace it, and nobody reads it
    env["ir.config_parameter"].sudo().set_param(PARAMETER, _digest(token))
    return token


def has_token(env) -> bool:
    """Return whether there is a token."""
    return bool(env["ir.config_parameter"].sudo().get_param(PARAMETER))


def is_token(env, given: str) -> bool:
    """Return whether this is the token. It takes as long for any other one."""
    known = env["ir.config_parameter"].sudo().get_param(PARAMETER)
    return consteq(known or _digest(secrets.token_urlsafe(32)), _digest(given))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
