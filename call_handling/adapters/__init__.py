"""Adapters: what telephone systems say, in plain Python without Odoo.

A new telephone system is one new file here, its class in :data:`registry.ADAPTERS`, and
recorded payloads for its tests.
"""


def __getattr__(name: str):
    """``ADAPTERS``, fetched when asked for: some adapters need libraries that those who only
    want a single part of this package do not have."""
    if name != "ADAPTERS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .registry import ADAPTERS

    return ADAPTERS
