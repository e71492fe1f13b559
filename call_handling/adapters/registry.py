"""Finds the telephone systems: every class with a ``code`` in a module of this package."""

from __future__ import annotations

import importlib
import pkgutil
from types import ModuleType

from .base import Adapter


def find_adapters(package: ModuleType) -> dict[str, type[Adapter]]:
    """Return the adapters that the modules of a package define, by code.

    :param package: its modules and folders are imported; an addon with several adapters of its
        own can pass the package that holds them
    """
    found = {}
    for entry in pkgutil.iter_modules(package.__path__):
        module = importlib.import_module(f"{package.__name__}.{entry.name}")
        for value in vars(module).values():
            is_adapter = isinstance(value, type) and issubclass(value, Adapter)
            if is_adapter and value.__module__ == module.__name__ and "code" in vars(value):
                found[value.code] = value
    return dict(sorted(found.items(), key=_place))


def _place(entry: tuple[str, type[Adapter]]):
    """Telephone systems by name first, then what any system can send, then the simulated one."""
    _code, adapter = entry
    return (adapter.guide.kind, adapter.name.lower())


ADAPTERS: dict[str, type[Adapter]] = find_adapters(importlib.import_module(__package__))
