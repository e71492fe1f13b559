import html
import json
import logging
import re
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from odoo.tools import SQL

from ..tools import digits, readable


def forms_of_number(number):
    """Return every way in which a number can stand somewhere.

    :param str number: in E.164
    :rtype: set[str]
    """
    international = readable(number)
    national = international.partition(" ")[2]
    grouped = {re.sub(r"[ \-]", sep, text) for text in (international, national) for sep in " -./"}
    plain = digits(number)
    last = plain[-7:]
    return {number, plain, quote(number), last, f"{last[:3]}-{last[3:]}"} | grouped


def forms_of_text(text):
    """Return every way in which a name or another text can stand somewhere."""
    written = {text, html.escape(text), html.escape(text, quote=False), quote(text)}
    written |= {json.dumps(form)[1:-1] for form in written}
    return written | {form.replace("'", "''") for form in written}


class Dump:
    """What of some texts the whole database contains: every column of every table, whoever made
    it. Only rows that were written since the transaction began are read: no other can contain
    what has become known since.

    :param env: an environment in the transaction
    :param needles: texts, in any case
    """

    def __init__(self, env, needles):
        self.env = env
        self.pattern = "|".join(sorted(re.escape(needle) for needle in needles))
        self.tables = self._get_tables()
        env.cr.execute("SELECT pg_current_xact_id()::text::bigint % (1::bigint << 32)")
        (self.since,) = env.cr.fetchone()

    def find(self):
        """Return the rows that contain one of the texts.

        :return: how many rows by table
        :rtype: dict[str, int]
        """
        self.env.flush_all()
        self.env.cr.precommit.run()
        queries = [
            SQL(
                # CASE: the text of an older row is never looked at
                "SELECT %s, count(*) FROM %s t WHERE CASE WHEN t.xmin::text::bigint >= %s"
                " THEN %s ~* %s END",
                table,
                SQL.identifier(table),
                self.since,
                row,
                self.pattern,
            )
            for table, row in self.tables.items()
        ]
        self.env.cr.execute(SQL(" UNION ALL ").join(queries))
        return {table: count for table, count in self.env.cr.fetchall() if count}

    def show(self, table):
        """Return the rows of a table that contain one of the texts, for the message of a test."""
        row = self.tables[table]
        self.env.cr.execute(
            SQL("SELECT %s FROM %s t WHERE %s ~* %s", row, SQL.identifier(table), row, self.pattern)
        )
        return [text[:1500] for (text,) in self.env.cr.fetchall()]

    def _get_tables(self):
        """Return an expression for a whole row as text, by table; bytes are decoded."""
        self.env.cr.execute(
            """
            SELECT c.relname,
                   array_agg(a.attname::text) FILTER (WHERE a.atttypid = 'bytea'::regtype)
              FROM pg_class c
              JOIN pg_attribute a ON a.attrelid = c.oid
             WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r'
             GROUP BY c.relname
             ORDER BY c.relname
            """
        )
        tables = {}
        for table, binaries in self.env.cr.fetchall():
            parts = [SQL("t::text")]
            parts += [SQL("encode(%s, 'escape')", SQL.identifier("t", n)) for n in binaries or ()]
            tables[table] = SQL("concat_ws(' ', %s)", SQL(", ").join(parts))
        return tables


class FileStore:
    """The files that were written since it was asked first."""

    def __init__(self, env):
        self.env = env
        self.before = self._list()

    def _list(self):
        folder = Path(self.env["ir.attachment"]._filestore())
        return {
            path for path in folder.rglob("*") if path.is_file() and path.parent.name != "checklist"
        }

    def find(self, needles):
        """Return the new files that contain one of the texts, after Odoo's own clean-up."""
        self.env.flush_all()
        self.env["ir.attachment"]._gc_file_store_unsafe()
        pattern = re.compile("|".join(map(re.escape, needles)).encode(), re.IGNORECASE)
        new = self._list() - self.before
        return sorted(path.name for path in new if pattern.search(path.read_bytes()))


class _Lines(logging.Handler):
    def __init__(self):
        super().__init__(logging.INFO)
        self.lines = []

    def emit(self, record):
        self.lines.append(self.format(record))


@contextmanager
def recorded_log():
    """Within this context, record what is logged, as the log file of a server has it.

    :return: the lines
    """
    handler, root = _Lines(), logging.getLogger()
    root.addHandler(handler)
    try:
        yield handler.lines
    finally:
        root.removeHandler(handler)
