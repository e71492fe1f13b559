import logging
import re
import threading
import traceback
from contextlib import contextmanager

import psycopg2

from odoo.exceptions import UserError
from odoo.modules.registry import Registry

# Statements about calls, whose values are numbers, names and notes: on our tables, and on those of
# others with the name of one of our models.
_OUR_TABLES = re.compile(r"\bcall[._][a-z]")
# What came from a call is written into tables of any addon.
_WRITES = re.compile(r"\s*(?:INSERT|UPDATE)\b", re.IGNORECASE)
# 'it''s', E'a\\'b', and what is cut off
_LITERAL = re.compile(r"E'(?:[^'\\]|\\.|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)", re.DOTALL)
# What a request asks for, such as a file by its name
_QUERY = re.compile(r"\?[^\s\"#]*")
# Our addresses that contain a key, and what may follow it: a number, a name that is looked for
_KEY = re.compile(r"(/call_handling/(?:pbx|who|phonebook)/?)[^\s\"]*")
_FILE_NAME = re.compile(r"(/web/(?:content|image)/\d[\w-]*)/[^\s\"#?]+")

# Classes of errors of PostgreSQL whose message has no values: constraints, and concurrency.
_WITHOUT_VALUES = ("23", "40")

_OUR_CODE = "odoo.addons.call_handling"


class StatementFilter(logging.Filter):
    """Removes the values from statements before they get into the log: from all about calls, and
    from those that fail while they write anything.

    Odoo logs a statement that fails as a whole, with its values. What failed, where and why is
    still logged; the error itself is raised as before.
    """

    def filter(self, record):
        """Override to log a statement without its values."""
        args = record.args if isinstance(record.args, tuple) else ()
        if any(_is_about_calls(arg) for arg in args) or (
            record.levelno >= logging.ERROR and _has_calls() and any(map(_is_writing, args))
        ):
            record.args = tuple(map(_without_values, args))
        return True


class ErrorFilter(logging.Filter):
    """Removes from errors, before they get into the log, what quotes a row or names somebody.

    An error of PostgreSQL can quote the row that it refuses, and Odoo repeats that in the error
    that its user gets. What this app says to a user can name a contact.
    """

    def filter(self, record):
        """Override to log an error without values."""
        if not _has_calls():
            return True
        if isinstance(record.msg, Exception):
            record.msg = _explain(record.msg)
        if error := record.exc_info and record.exc_info[1]:
            text = "".join(traceback.format_exception(error)).rstrip()
            record.exc_text = _without_quotes(text, error)
        return True


class RequestFilter(logging.Filter):
    """Removes from the addresses of requests, before they get into the log, what was asked for: a
    file is opened by its name, and that of a recording is often the number. So are keys."""

    def filter(self, record):
        """Override to log the address of a request without its query."""
        if isinstance(record.msg, str) and not record.args and _has_calls():
            record.msg = _without_question(record.msg)  # of the evented server
        if isinstance(record.args, tuple) and _has_calls():
            record.args = tuple(
                _without_question(arg) if isinstance(arg, str) else arg for arg in record.args
            )
        return True


_FILTERS = {
    "odoo.sql_db": StatementFilter,
    "odoo.http": ErrorFilter,
    "odoo.addons.base.models.ir_cron": ErrorFilter,
    "werkzeug": RequestFilter,
    "longpolling": RequestFilter,
}


def hide_values_in_log():
    """Have statements, errors and requests logged without what they can contain of calls."""
    for name, kind in _FILTERS.items():
        logger = logging.getLogger(name)
        if not any(isinstance(known, kind) for known in logger.filters):
            logger.addFilter(kind())


@contextmanager
def unprofiled():
    """Until the ``with`` block ends, keep statements out of the results of Odoo's profiler."""
    thread = threading.current_thread()
    hooks, thread.query_hooks = getattr(thread, "query_hooks", []), []
    try:
        yield
    finally:
        thread.query_hooks = hooks


def _has_calls():
    """Return whether the app is installed in the database of this thread, as far as is known."""
    name = getattr(threading.current_thread(), "dbname", None)
    registry = Registry.registries.get(name)
    return registry is None or "call.call" in registry


def _to_text(value):
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _without_question(line):
    """Return the line of a request without its key, its query and the name of a file."""
    return _FILE_NAME.sub(r"\1/…", _QUERY.sub("?…", _KEY.sub(r"\1…", line)))


def _is_about_calls(arg):
    return isinstance(arg, (str, bytes)) and bool(_OUR_TABLES.search(_to_text(arg)))


def _is_writing(arg):
    return isinstance(arg, (str, bytes)) and bool(_WRITES.match(_to_text(arg)))


def _without_values(arg):
    if isinstance(arg, psycopg2.Error):
        # not its details, which quote the row
        message = arg.diag.message_primary if (arg.pgcode or "")[:2] in _WITHOUT_VALUES else None
        return f"{type(arg).__name__} {arg.pgcode}: {message or arg.diag.table_name}"
    if isinstance(arg, Exception):
        return type(arg).__name__
    if isinstance(arg, (str, bytes)):
        return _LITERAL.sub("'…'", _to_text(arg))
    return arg


def _explain(error):
    """Return what is logged instead of an error."""
    origin, line = _get_origin(error)
    if isinstance(error, UserError) and origin.startswith(_OUR_CODE):
        return f"{type(error).__name__} ({origin}, line {line})"
    return _without_quotes(str(error), error)


def _get_origin(error):
    """Return the name of the module that has raised an error, and the line."""
    *_, (frame, line) = [(None, None), *traceback.walk_tb(error.__traceback__)]
    return (frame.f_globals.get("__name__", "") if frame else ""), line


def _without_quotes(text, error):
    """Return a text about an error without what errors of PostgreSQL, from which it comes, say.

    :param str text: the text
    :param Exception error: the error
    :rtype: str
    """
    seen = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        if isinstance(error, psycopg2.Error):
            for quote in (str(error).strip(), error.diag.message_detail):
                text = text.replace(quote, _without_values(error)) if quote else text
        error = error.__cause__ or error.__context__
    return text
