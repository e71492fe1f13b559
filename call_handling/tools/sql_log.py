import logging
import re

import psycopg2

# Statements about calls, whose values are numbers, names and notes: on our tables, and on those of
# others with the name of one of our models.
_OUR_TABLES = re.compile(r"\bcall[._][a-z]")
# 'it''s', E'a\\'b', and what is cut off
_LITERAL = re.compile(r"E'(?:[^'\\]|\\.|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)", re.DOTALL)

# Classes of errors of PostgreSQL whose message has no values: constraints, and concurrency.
_WITHOUT_VALUES = ("23", "40")


class StatementFilter(logging.Filter):
    """Removes the values from statements about calls before they get into the log.

    Odoo logs a statement that fails as a whole, with its values. What failed, where and why is
    still logged; the error itself is raised as before.
    """

    def filter(self, record):
        """Override to log a statement about calls without its values."""
        args = record.args if isinstance(record.args, tuple) else ()
        if any(_is_about_calls(arg) for arg in args):
            record.args = tuple(map(_without_values, args))
        return True


def hide_values_of_statements():
    """Have statements about calls logged without their values."""
    logger = logging.getLogger("odoo.sql_db")
    if not any(isinstance(known, StatementFilter) for known in logger.filters):
        logger.addFilter(StatementFilter())


def _to_text(value):
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _is_about_calls(arg):
    return isinstance(arg, (str, bytes)) and bool(_OUR_TABLES.search(_to_text(arg)))


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
