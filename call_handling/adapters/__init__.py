"""Adapters: one per telephone system, in plain Python without Odoo.

A telephone system is one file or one folder here. It defines one class with a ``code``, and
the class holds everything that is special about the system: what it sends, how it proves its
identity, how its API is used, the fields of its form, its set-up steps, and what it can do.
:mod:`registry` finds the class; no list needs an entry.
"""


def __getattr__(name: str):
    """Import ``ADAPTERS`` when it is asked for: some adapters need libraries that users of a
    single part of this package may not have."""
    if name != "ADAPTERS":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from .registry import ADAPTERS

    return ADAPTERS
