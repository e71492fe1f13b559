"""What can be called by RPC is called with anything."""

import functools
import inspect
import re
import types
from collections.abc import Collection
from typing import get_args, get_origin

from odoo.exceptions import MissingError, UserError

MAX_ID = 2**31 - 1
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
# What is accepted for a kind; Odoo itself passes other collections than requests.
COLLECTIONS = {list: (list, tuple), Collection: Collection}


def public_method(*, one=False):
    """Check what a request passes to a method, before the method sees it.

    Parameters are checked by their annotations; an ``int`` is the id of a record. Records must
    exist.

    :param bool one: the method is for exactly one record
    """

    def decorate(method):
        signature = inspect.signature(method)
        is_of_model = getattr(method, "_api_model", False)

        @functools.wraps(method)
        def check_and_call(self, *args, **kwargs):
            if not is_of_model:
                _check_records(self, one)
            for name, value in signature.bind(self, *args, **kwargs).arguments.items():
                kind = signature.parameters[name].annotation
                if kind is not inspect.Parameter.empty and not fits(value, kind):
                    raise UserError(
                        self.env._("“%s” is not valid. Reload the page, and try again.", name)
                    )
            return method(self, *args, **kwargs)

        return check_and_call

    return decorate


def _check_records(records, one):
    if one and len(records) != 1:
        raise UserError(records.env._("This is done with one record at a time. Choose one."))
    if records.exists() != records:
        raise MissingError(
            records.env._("This record does not exist or was deleted. Reload the page.")
        )


def fits(value, kind):
    """Return whether a value that was passed is of a kind.

    :param kind: a type, such as ``int | bool``, ``str``, ``list[int]`` or ``Collection[str]``
    :rtype: bool
    """
    if isinstance(kind, types.UnionType):
        return any(fits(value, one) for one in get_args(kind))
    if accepted := COLLECTIONS.get(get_origin(kind)):
        (item,) = get_args(kind)
        return isinstance(value, accepted) and all(fits(one, item) for one in value)
    if kind is types.NoneType:
        return value is None or value is False  # as browsers send it
    if kind is int:
        return type(value) is int and 0 < value <= MAX_ID
    if kind is str:
        return isinstance(value, str) and _can_be_stored(value)
    return isinstance(value, kind)


def _can_be_stored(text):
    """Return whether the database accepts a text."""
    return not UNSTORABLE.search(text)
