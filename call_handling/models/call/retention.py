import logging
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL

from ...adapters.event import HIDDEN
from ...tools import ADMIN, NO_CHATTER, lock_key_sql, log_failure

_logger = logging.getLogger(__name__)

BATCH = 500
ACTIVITY = "call_handling.mail_activity_type_retention"


class Due(NamedTuple):
    """Where what is old enough to be deleted is found.

    :param model: of the items
    :param source: tables and a condition. The alias ``i`` is that of the items, ``c`` that of
        the call that each has
    :param date: expression of the date by which they age
    :param calls: of items that have a contact and any number of calls instead: the field of calls
        that leads to them
    """

    model: str
    source: SQL
    date: SQL
    calls: str | None = None


class Found(NamedTuple):
    """What would be deleted: how many, and the dates of the oldest and the newest; and how many
    are kept because their call or contact is."""

    count: int = 0
    oldest: object = None
    newest: object = None
    kept: int = 0


class CallCall(models.Model):
    """How long what is kept, by company and kind.

    A kind has a name in :meth:`_get_retention_kinds`, and methods ``_get_due_<kind>``, which
    returns where it is found, and ``_delete_due_<kind>``, which deletes some of it. Addons add a
    kind in the same way.

    Everything is done in small batches, each in a transaction of its own, the oldest first. What
    somebody is changing at that moment comes with the next run. What fails does not keep the rest
    from being deleted.
    """

    _inherit = "call.call"

    retention_error = fields.Char(
        string="Not Anonymized Because",
        readonly=True,
        copy=False,
        prefetch=False,
        help="Why the call could not be anonymized, or its events not be deleted, although it is "
        "old enough. It is tried again every day.",
    )

    _named_idx = models.Index("(company_id, date_start, id) WHERE is_anonymized IS NOT TRUE")
    _open_events_idx = models.Index(
        "(company_id, date_start, id) WHERE is_closed IS NOT TRUE AND pbx_id IS NOT NULL"
    )
    _retention_error_idx = models.Index("(company_id) WHERE retention_error IS NOT NULL")

    # === KINDS === #

    @api.model
    def _get_retention_kinds(self):
        """Return the kinds of data that are deleted when they are old, in their order.

        :return: for each name, what people call it, and the fields of the company with its days;
            the first that is set counts
        :rtype: dict[str, tuple[str, tuple]]
        """
        events, notes = "call_keep_event_days", "call_keep_note_days"
        people = "call_keep_people_days"
        return {
            "raw": (self.env._("Messages as sent"), ("call_keep_raw_days",)),
            "event": (self.env._("Calls whose events are deleted"), (events,)),
            "stray": (self.env._("Events without a call, or too late for it"), (events, people)),
            "recording": (self.env._("Recordings"), ("call_keep_recording_days",)),
            "outline": (self.env._("Proposals from conversations"), ("call_keep_outline_days",)),
            "note": (self.env._("Notes"), (notes,)),
            "message": (self.env._("Messages in the chatter of calls"), (notes,)),
            "file": (self.env._("Files of calls"), (notes,)),
            "people": (self.env._("Calls that are anonymized"), (people,)),
            "callback": (self.env._("Callbacks whose calls were deleted"), (people,)),
            "dial": (self.env._("Dialled numbers"), (people,)),
            "private": (
                self.env._("Remains of private and deleted calls"),
                ("call_keep_private_days",),
            ),
        }

    # --- what telephone systems have sent, word by word

    @api.model
    def _get_due_raw(self, company, before):
        understood = SQL("i.raw IS NOT NULL AND i.state IN ('done', 'late')")
        return self._get_due_events(company, before, understood)

    @api.model
    def _delete_due_raw(self, events):
        self.env.cr.execute(SQL("UPDATE call_event SET raw = NULL WHERE id = ANY(%s)", events.ids))
        events.invalidate_recordset(["raw"], flush=False)

    @api.model
    def _get_due_events(self, company, before, condition):
        """Return events of the telephone systems of a company.

        :param odoo.tools.SQL condition: over ``call_event i``
        :rtype: list[Due]
        """
        systems = self.env["call.pbx"].with_context(active_test=False)
        return [
            Due(
                "call.event",
                SQL(
                    """
                    call_event i LEFT JOIN call_call c ON c.id = i.call_id
                     WHERE i.pbx_id = %s AND i.create_date < %s AND %s
                    """,
                    pbx.id,
                    before,
                    condition,
                ),
                SQL("i.create_date"),
            )
            for pbx in systems.search([("company_id", "=", company.id)])
        ]

    # --- events of calls, which are closed then

    @api.model
    def _get_due_event(self, company, before):
        has_events = SQL("i.is_closed IS NOT TRUE AND i.pbx_id IS NOT NULL")
        return self._get_due_calls(company, before, has_events)

    @api.model
    def _delete_due_event(self, calls):
        calls = calls._lock_out_late_events()
        self.env["call.event"]._close(calls)
        calls.filtered("retention_error").retention_error = False

    @api.model
    def _get_due_calls(self, company, before, condition):
        """Return calls of a company that have ended.

        :param odoo.tools.SQL condition: over ``call_call i``
        :rtype: list[Due]
        """
        source = SQL(
            """
            call_call i JOIN call_call c ON c.id = i.id
             WHERE i.company_id = %s AND i.date_start < %s AND i.state = 'ended' AND %s
            """,
            company.id,
            before,
            condition,
        )
        return [Due(self._name, source, SQL("i.date_start"))]

    # --- events without a call, or that came too late for it

    @api.model
    def _get_due_stray(self, company, before):
        of_no_call = SQL(
            "(i.call_id IS NULL OR i.state = 'late') AND NOT %s", self._get_leftover_condition()
        )
        return self._get_due_events(company, before, of_no_call)

    @api.model
    def _delete_due_stray(self, events):
        events.unlink()

    # --- notes, messages and files

    @api.model
    def _get_due_of_calls(self, name, date, company, before):
        """Return which records of a model are due that belong to calls.

        :param str name: of a model with ``call_id``
        :param str date: its field that counts
        :rtype: list[Due]
        """
        date = SQL.identifier("i", date)
        source = SQL(
            "%s i JOIN call_call c ON c.id = i.call_id WHERE %s < %s AND c.company_id = %s",
            SQL.identifier(self.env[name]._table),
            date,
            before,
            company.id,
        )
        return [Due(name, source, date)]

    @api.model
    def _get_due_note(self, company, before):
        return self._get_due_of_calls("call.note", "date", company, before)

    @api.model
    def _delete_due_note(self, notes):
        notes.unlink()

    @api.model
    def _get_due_message(self, company, before):
        source = SQL(
            """
            mail_message i JOIN call_call c ON c.id = i.res_id
             WHERE i.model = 'call.call' AND i.date < %s AND c.company_id = %s
            """,
            before,
            company.id,
        )
        return [Due("mail.message", source, SQL("i.date"))]

    @api.model
    def _delete_due_message(self, messages):
        messages.unlink()

    @api.model
    def _get_due_file(self, company, before):
        return self._get_due_files(company, before, SQL("NOT %s", self._get_recording_condition()))

    @api.model
    def _delete_due_file(self, files):
        files.unlink()

    @api.model
    def _get_due_recording(self, company, before):
        return self._get_due_files(company, before, self._get_recording_condition())

    @api.model
    def _delete_due_recording(self, files):
        files.unlink()

    @api.model
    def _get_due_files(self, company, before, condition):
        """Return files of the calls of a company.

        :param odoo.tools.SQL condition: over ``ir_attachment i``
        :rtype: list[Due]
        """
        source = SQL(
            """
            ir_attachment i JOIN call_call c ON c.id = i.res_id
             WHERE i.res_model = 'call.call' AND i.create_date < %s AND c.company_id = %s AND %s
            """,
            before,
            company.id,
            condition,
        )
        return [Due("ir.attachment", source, SQL("i.create_date"))]

    @api.model
    def _get_recording_condition(self):
        """Return the condition for files of calls that are recordings, which have days of their
        own. The app stores none: override where recordings are stored.

        :return: over ``ir_attachment i``
        :rtype: odoo.tools.SQL
        """
        return SQL("FALSE")

    # --- names and numbers

    @api.model
    def _get_due_people(self, company, before):
        return self._get_due_calls(company, before, SQL("i.is_anonymized IS NOT TRUE"))

    @api.model
    def _delete_due_people(self, calls):
        calls._lock_out_late_events()._anonymize()

    @api.model
    def _get_due_callback(self, company, before):
        source = SQL(
            """
            call_callback i
             WHERE i.company_id = %s AND i.date_last < %s AND i.number <> %s
               AND NOT EXISTS (
                    SELECT FROM call_call
                     WHERE callback_id = i.id AND is_anonymized IS NOT TRUE
                   )
            """,
            company.id,
            before,
            HIDDEN,
        )
        return [Due("call.callback", source, SQL("i.date_last"), "callback_id")]

    @api.model
    def _delete_due_callback(self, callbacks):
        callbacks._anonymize()

    @api.model
    def _get_due_dial(self, company, before):
        source = SQL(
            """
            call_dial i JOIN call_pbx p ON p.id = i.pbx_id
             WHERE p.company_id = %s AND i.date < %s
            """,
            company.id,
            before,
        )
        return [Due("call.dial", source, SQL("i.date"), "dial_id")]

    @api.model
    def _delete_due_dial(self, dials):
        dials.unlink()

    # --- what is left of private calls

    @api.model
    def _get_due_private(self, company, before):
        return self._get_due_events(company, before, self._get_leftover_condition())

    @api.model
    def _delete_due_private(self, events):
        events.unlink()

    @api.model
    def _get_leftover_condition(self):
        """Return the condition for what prevents that a private or deleted call comes back.

        :return: over ``call_event i``
        :rtype: odoo.tools.SQL
        """
        return SQL("(i.kind IS NULL AND i.is_masked IS TRUE)")

    # === WHAT IS DUE === #

    @api.model
    def _get_due(self, kind, company):
        """Return where what is old enough to be deleted is found.

        :param str kind: one of :meth:`_get_retention_kinds`
        :param company: record with the days; what is deleted is that of its origin
        :rtype: list[Due]
        """
        _label, names = self._get_retention_kinds()[kind]
        days = next((company[name] for name in names if company[name]), 0)
        if not days:
            return []
        before = fields.Datetime.now() - timedelta(days=days)
        return getattr(self, f"_get_due_{kind}")(company._origin, before)

    @api.model
    def _get_kept_condition(self, due):
        """Return the condition for what is kept for ever: its call is, or its contact, or the
        company of that.

        :param Due due: where it is found
        :return: over the aliases of ``due.source``
        :rtype: odoo.tools.SQL
        """
        # sudo: what is kept is kept for all
        partners_sudo = self.env["res.partner"].sudo().with_context(active_test=False)
        ids = partners_sudo.search([("is_call_kept", "=", True)]).ids
        ids = partners_sudo.search([("id", "child_of", ids)]).ids if ids else []
        is_call_kept = SQL(
            "(COALESCE(c.is_call_kept, FALSE) OR COALESCE(c.partner_id = ANY(%s), FALSE))", ids
        )
        if not due.calls:
            return is_call_kept
        return SQL(
            "(COALESCE(i.partner_id = ANY(%s), FALSE)"
            " OR EXISTS (SELECT FROM call_call c WHERE c.%s = i.id AND %s))",
            ids,
            SQL.identifier(due.calls),
            is_call_kept,
        )

    @api.model
    def _find_due(self, kind, company):
        """Return how much would be deleted. Nothing is changed.

        :param kind: as of :meth:`_get_due`
        :param company: as of :meth:`_get_due`
        :rtype: Found
        """
        self.env.flush_all()
        total = Found()
        for due in self._get_due(kind, company):
            self.env.cr.execute(
                SQL(
                    """
                    SELECT count(*) FILTER (WHERE NOT %(kept)s),
                           min(%(date)s) FILTER (WHERE NOT %(kept)s),
                           max(%(date)s) FILTER (WHERE NOT %(kept)s),
                           count(*) FILTER (WHERE %(kept)s)
                      FROM %(source)s
                    """,
                    kept=self._get_kept_condition(due),
                    date=due.date,
                    source=due.source,
                )
            )
            found = Found(*self.env.cr.fetchone())
            total = Found(
                total.count + found.count,
                min(filter(None, (total.oldest, found.oldest)), default=None),
                max(filter(None, (total.newest, found.newest)), default=None),
                total.kept + found.kept,
            )
        return total

    @api.model
    def _get_next_due(self, due, after):
        """Return the next items that are due, the oldest first.

        :param Due due: where they are found
        :param tuple after: date and id of the last one that was looked at; ``None`` at first
        :return: dates and ids
        :rtype: list[tuple]
        """
        self.env.flush_all()
        self.env.cr.execute(
            SQL(
                """
                SELECT %(date)s, i.id
                  FROM %(source)s AND NOT %(kept)s AND %(after)s
                 ORDER BY %(date)s, i.id
                 LIMIT %(limit)s
                """,
                date=due.date,
                source=due.source,
                kept=self._get_kept_condition(due),
                after=SQL("(%s, i.id) > %s", due.date, after) if after else SQL("TRUE"),
                limit=BATCH,
            )
        )
        return self.env.cr.fetchall()

    # === DELETING === #

    def _lock_out_late_events(self):
        """Keep the events of calls waiting until the end of the transaction.

        :return: the calls without those of which an event has just come
        :rtype: call.call
        """
        key = lock_key_sql(self._name, SQL("r.pbx_id::text"), SQL("r.ref"))
        self.env.cr.execute(
            SQL(
                """
                SELECT r.call_id, bool_and(pg_try_advisory_xact_lock(%s))
                  FROM call_reference r
                 WHERE r.call_id = ANY(%s)
                 GROUP BY r.call_id
                """,
                key,
                self.ids,
            )
        )
        busy = {call_id for call_id, is_locked in self.env.cr.fetchall() if not is_locked}
        calls = self.filtered(lambda call: call.id not in busy)
        return calls - self.env["call.event"]._get_calls_with_unseen(calls)

    @api.model
    def _delete_due(self, kind, due):
        """Delete what is due, in batches.

        :param str kind: one of :meth:`_get_retention_kinds`
        :param Due due: where it is found
        :return: whether all was looked at; else the scheduled action goes on at once
        :rtype: bool
        """
        after = None
        while rows := self._get_next_due(due, after):
            after = rows[-1]
            records = self.env[due.model].browse([record_id for _date, record_id in rows])
            try:
                self._delete_isolated(kind, records.try_lock_for_update())
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()  # somebody changes one of them at this moment
            if not self.env["ir.cron"]._commit_progress(len(rows), remaining=1):
                return False
        return True

    @api.model
    def _delete_isolated(self, kind, records):
        """Delete records; if that fails, one by one, so that one does not affect the others."""
        if not self._try_delete(kind, records):
            return
        for record in records:
            error = self._try_delete(kind, record)
            if error and record._name == self._name:
                record.retention_error = error

    @api.model
    def _try_delete(self, kind, records):
        """Delete records, or nothing.

        :return: why it failed, for people; ``False`` if it did not
        """
        try:
            with self.env.cr.savepoint():
                getattr(self, f"_delete_due_{kind}")(records)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except UserError as error:
            self.env.invalidate_all(flush=False)
            return str(error)
        except Exception as error:
            self.env.invalidate_all(flush=False)
            what = f"What is old of {records._name} {records.ids[:5]} cannot be deleted"
            return log_failure(_logger, what, error)
        return False

    @api.model
    def _report_retention_errors(self, company):
        """Assign an activity to an administrator if calls could not be anonymized. Only one at a
        time: it leads to one of the calls, and a filter finds all."""
        domain = Domain("company_id", "=", company.id) & Domain("retention_error", "!=", False)
        count = self.search_count(domain)
        activity_type = self.env.ref(ACTIVITY, raise_if_not_found=False)
        if not count or not activity_type:
            return
        assigned = Domain("activity_ids.activity_type_id", "=", activity_type.id)
        admin = self._get_administrator(company)
        if not admin or self.search_count(domain & assigned, limit=1):
            return
        note = self.env._(
            "%(count)s calls of %(company)s are old enough to be anonymized, but something "
            "prevents it. Each call shows the reason; the filter “Not Anonymized” finds them.",
            count=count,
            company=company.name,
        )
        self.search(domain, limit=1).activity_schedule(ACTIVITY, user_id=admin.id, note=note)

    @api.model
    def _get_administrator(self, company):
        """Return an administrator of calls who works in a company.

        :rtype: res.users
        """
        domain = [("all_group_ids", "in", self.env.ref(ADMIN).id), ("share", "=", False)]
        return self.env["res.users"].search(
            [*domain, ("company_ids", "in", company.id)], order="id", limit=1
        )

    # === CRON METHODS === #

    @api.model
    def _cron_retention(self):
        """Delete what is older than its company keeps it."""
        calls = self.with_context(**NO_CHATTER)
        for company in self.env["res.company"].search(Domain.TRUE):
            for kind in self._get_retention_kinds():
                for due in calls._get_due(kind, company):
                    if not calls._delete_due(kind, due):
                        return
            self._report_retention_errors(company)
        self.env["ir.cron"]._commit_progress(remaining=0)
