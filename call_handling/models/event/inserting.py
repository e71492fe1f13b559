import logging
from dataclasses import replace

import psycopg2

from odoo import api, models
from odoo.tools import SQL

from ...tools import log_failure

_logger = logging.getLogger(__name__)

# What is wrong with a row. With anything else, such as a full disk, the request fails as a whole,
# and the telephone system sends it again.
REFUSALS = (
    psycopg2.DataError,
    psycopg2.IntegrityError,
    psycopg2.NotSupportedError,
    psycopg2.ProgrammingError,
    psycopg2.errors.ProgramLimitExceeded,
    ValueError,
)


class CallEvent(models.Model):
    """Stores rows of events. What cannot be stored must not affect the others."""

    _inherit = "call.event"

    @api.model
    def _prepare_rows(self, pbx, messages, waiting):
        """Return what to store of messages. One that cannot be prepared becomes one that was not
        understood.

        :param call.pbx pbx: the telephone system
        :param list messages: each an `adapters.base.Message`
        :param set waiting: references of calls whose events wait
        :return: the messages, with the reasons of those that fail, and their rows
        :rtype: tuple[list, list[dict]]
        """
        prepared, rows = [], []
        for message in messages:
            try:
                own = [self._prepare_row(pbx, message.raw, event) for event in message.events]
            except Exception as error:
                reason = log_failure(_logger, "An event cannot be stored", error)
                message, own = replace(message, events=(), error=reason), []
            for row in own:
                if row["call_ref"] in waiting:
                    row["state"] = "waiting"
            if message.error:
                own.append(self._prepare_failed_row(pbx, message))
            prepared.append(message)
            rows += own
        return prepared, rows

    @api.model
    def _store_refused(self, pbx, messages, refused):
        """Store messages of which the database has refused an event as failed.

        :param call.pbx pbx: the telephone system
        :param list messages: all of the request
        :param dict refused: the reasons by uid of the events
        :return: the messages, with the reasons of those that fail
        :rtype: list
        """
        checked = []
        for message in messages:
            reasons = [refused[event.uid] for event in message.events if event.uid in refused]
            if reasons:
                message = replace(message, error=reasons[0])
                self._insert_together([self._prepare_failed_row(pbx, message)])
            checked.append(message)
        return checked

    @api.model
    def _insert(self, rows):
        """Insert the rows that do not exist yet; if the database refuses one, the others.

        :param list rows: values by column
        :return: uids of the rows that were new, and the reasons by uid of those that were refused
        :rtype: tuple[set[str], dict[str, str]]
        """
        if not rows:
            return set(), {}
        # Always in the same order: two repeats of a batch must never wait for each other's rows.
        rows = sorted(rows, key=lambda row: row["uid"])
        try:
            return self._insert_together(rows), {}
        except REFUSALS as error:
            if len(rows) == 1:
                reason = log_failure(_logger, "The database refuses an event", error)
                return set(), {rows[0]["uid"]: reason}
        middle = len(rows) // 2
        with self.env.cr.savepoint(flush=False):
            new, refused = self._insert(rows[:middle])
            more_new, more_refused = self._insert(rows[middle:])
        return new | more_new, refused | more_refused

    @api.model
    def _insert_together(self, rows):
        """Insert the rows that do not exist yet. In one statement: a repeat must cost nothing and
        must not abort the transaction, which the ORM cannot do.

        :param list rows: values by column, in the order of their uids
        :return: uids of the rows that were new
        :rtype: set[str]
        """
        columns = list(rows[0])
        # The savepoint is sent along: another round trip would cost every event.
        statement = SQL(
            """
            SAVEPOINT call_event_insert;
            INSERT INTO call_event (%s, create_uid, create_date, write_uid, write_date)
            VALUES %s
            ON CONFLICT (pbx_id, uid) DO NOTHING
            RETURNING uid
            """,
            SQL(", ").join(map(SQL.identifier, columns)),
            SQL(", ").join(self._sql_row(row, columns) for row in rows),
        )
        try:
            self.env.cr.execute(statement, log_exceptions=False)
        except psycopg2.Error as error:
            if error.pgcode:  # else it was never sent, or the connection is lost
                self.env.cr.execute("ROLLBACK TO SAVEPOINT call_event_insert")
            raise
        return {uid for (uid,) in self.env.cr.fetchall()}

    @api.model
    def _sql_row(self, row, columns):
        now = SQL("now() AT TIME ZONE 'UTC'")
        by = SQL("%s", self.env.uid)
        # The call is linked later, under its lock: a link keeps its row from being deleted.
        values = [SQL("%s", row[column]) for column in columns]
        return SQL("(%s)", SQL(", ").join([*values, by, now, by, now]))
