import base64
import csv
import logging
from datetime import datetime, timezone
from zoneinfo import ZoneInfo

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...adapters.reasons import load_reason
from ...tools import explain, log_failure, public_method, see_concurrent_commits

_logger = logging.getLogger(__name__)

CRON = "call_handling.ir_cron_import_calls"
BATCH = 500  # rows
MAX_FAILURES = 100  # that are listed with their reasons
MAX_SAMPLE = 64 * 1024  # characters, in which the separator of a file is found
SEPARATORS = ",;\t|"


class CallImport(models.Model):
    """Calls of the past, brought in by an administrator: from a file in which a telephone system
    has recorded them, or as rows that Odoo's own import has created.

    A scheduled action does it in small batches, each in a transaction of its own with the
    position that was reached: after an interruption it goes on there. What is imported is history:
    nothing follows from it, and nobody is informed. The file is deleted when it was read, as it
    has the numbers of calls that are, or become, private.
    """

    _name = "call.import"
    _description = "Import of Calls"
    _inherit = ["call.guard.mixin"]
    _order = "id desc"

    name = fields.Char(string="File Name", writable="create")
    pbx_id = fields.Many2one(
        "call.pbx",
        string="Telephone System",
        required=True,
        ondelete="cascade",
        default=lambda self: self._get_default_pbx(),
        writable="create",
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    is_table = fields.Boolean(
        readonly=True,
        export_string_translation=False,
        help="Of rows that were brought in by Odoo's own import.",
    )
    file = fields.Binary(
        attachment=True,
        writable="create",
        help="The table cdr or cel of Asterisk or FreePBX, exported as CSV, or Master.csv.",
    )
    tz = fields.Selection(
        related="pbx_id.tz",
        string="Time Zone of the System",
    )
    is_utc = fields.Boolean(
        string="Times Are in UTC",
        writable="create",
        help="Otherwise, times are in the time zone of the telephone system. Asterisk writes "
        "Master.csv in UTC if usegmtime is set in cdr.conf.",
    )
    state = fields.Selection(
        [
            ("waiting", "Waiting"),
            ("running", "Running"),
            ("done", "Done"),
            ("failed", "Failed"),
            ("undoing", "Being Taken Back"),
            ("undone", "Taken Back"),
        ],
        default="waiting",
        required=True,
        readonly=True,
    )
    error = fields.Char(string="Reason", readonly=True)
    position = fields.Integer(string="Rows Read", readonly=True, aggregator="sum")
    row_count = fields.Integer(string="Rows", readonly=True)
    progress = fields.Float(compute="_compute_progress", unit="share")
    new_count = fields.Integer(string="New Calls", readonly=True)
    known_count = fields.Integer(
        string="Known Rows", readonly=True, help="Rows that were there already."
    )
    old_count = fields.Integer(
        string="Too Old",
        readonly=True,
        help="Rows of calls that the company would have anonymized by now. They are left out.",
    )
    failed_count = fields.Integer(string="Bad Rows", readonly=True)
    failures = fields.Json(readonly=True, export_string_translation=False)
    failure_text = fields.Text(string="What Is Wrong", compute="_compute_failure_text")
    row_ids = fields.One2many("call.import.row", "import_id", string="Rows of the File")
    call_ids = fields.One2many("call.call", "import_id", string="Calls")

    _open_idx = models.Index("(id) WHERE state IN ('waiting', 'running', 'undoing')")

    # === COMPUTE METHODS === #

    @api.depends("name", "pbx_id")
    def _compute_display_name(self):
        for record in self:
            record.display_name = record.id and (record.name or record.pbx_id.display_name)

    @api.depends("position", "row_count")
    def _compute_progress(self):
        for record in self:
            record.progress = record.row_count and record.position / record.row_count

    @api.depends("failures")
    @api.depends_context("lang")
    def _compute_failure_text(self):
        for record in self:
            lines = [
                self.env._("Row %(row)s: %(reason)s", row=row, reason=explain(self.env, reason))
                for row, reason in record._get_reasons()
            ]
            record.failure_text = "\n".join(lines) or False

    @api.model
    def _get_default_pbx(self):
        """Return the only telephone system of the company; nothing if there are several."""
        systems = self.env["call.pbx"].search([("company_id", "=", self.env.company.id)], limit=2)
        return systems if len(systems) == 1 else systems.browse()

    # === CONSTRAINT METHODS === #

    @api.constrains("file", "pbx_id")
    def _check_file(self):
        """Refuse a file that nobody could read, while its administrator is there."""
        for record in self.filtered("file"):
            record._get_table(record._read_lines())

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        imports = super().create(vals_list)
        for record in imports:
            if not (record.file or record.is_table):
                raise UserError(self.env._("Choose the file that has the calls."))
        for record in imports.filtered("file"):
            # sudo: counted by the app
            record.sudo().row_count = sum(1 for _row in record._iterate_rows())
        self._trigger()
        return imports

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_calls(self):
        """Open the calls that the import has brought."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return action | {"domain": [("import_id", "=", self.id)], "context": {}}

    @public_method()
    def action_import_table(self):
        """Open Odoo's own import, for a table of any telephone system."""
        pbx_id = self.env.context.get("default_pbx_id")
        context = {"default_pbx_id": pbx_id} if pbx_id else {}
        return {
            "type": "ir.actions.client",
            "tag": "import",
            "name": self.env._("Import a Table of Calls"),
            "params": {"model": "call.import.row", "context": context},
        }

    # === READING FILES === #

    def _read_lines(self):
        """Return the lines of the file as texts.

        :rtype: list[str]
        """
        self.ensure_one()
        content = base64.b64decode(self.with_context(bin_size=False).file or b"")
        try:
            whole = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            whole = content.decode("cp1252", "replace")
        return whole.replace("\x00", "").splitlines(keepends=True)

    @api.model
    def _read_rows(self, lines):
        """Return an iterator over the cells of the rows of a file, empty ones left out."""
        sample = "".join(lines[:20])[:MAX_SAMPLE]
        first = lines[0] if lines else ""
        # the separator is what the first row has most of, outside of quotes
        separator = max(SEPARATORS, key=first.count) if sample else ","
        return filter(any, csv.reader(lines, delimiter=separator, skipinitialspace=True))

    def _get_table(self, lines):
        """Return how the rows of the file are read.

        :rtype: adapters.records.Table
        :raise ValidationError: it is no table that the telephone system's adapter knows
        """
        self.ensure_one()
        adapter = self.pbx_id._get_adapter()
        try:
            first = next(self._read_rows(lines), [])
        except csv.Error:
            first = []
        if table := first and adapter.find_table(first):
            return table
        if not adapter.capabilities.records:
            raise ValidationError(
                self.env._(
                    "This telephone system has no files of its own that can be read here. Prepare "
                    "a table, and use “Import a Table of Calls”."
                )
            )
        raise ValidationError(
            self.env._(
                "This is neither the table cdr nor the table cel, nor Master.csv. Export it with "
                "the names of its columns as first row, or use “Import a Table of Calls”."
            )
        )

    def _iterate_rows(self, table=None):
        """Yield the rows of the file, without its header."""
        lines = self._read_lines()
        table = table or self._get_table(lines)
        rows = self._read_rows(lines)
        if table.has_header:
            next(rows, None)
        yield from rows

    def _get_zone(self):
        return timezone.utc if self.is_utc else ZoneInfo(self.pbx_id.tz or "UTC")

    # === RUNNING === #

    @api.model
    def _trigger(self):
        # sudo: imports run whatever the user may see
        self.env.ref(CRON).sudo()._trigger()

    @api.model
    def _cron_run(self):
        """Go on with imports, and with taking them back: the oldest first, a batch at a time."""
        due = [("state", "in", ("waiting", "running", "undoing"))]
        open_imports = self.search(due, order="id")
        if not open_imports:
            return
        self.env["ir.cron"]._commit_progress(remaining=len(open_imports))
        see_concurrent_commits(self.env.cr)
        for record in open_imports:
            if not record._try_run():
                self._trigger()
                break

    def _try_run(self):
        """Run an import until it is finished or time is up.

        :return: whether there is time for the next one
        :rtype: bool
        """
        try:
            return self._undo_all() if self.state == "undoing" else self._run()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            # somebody changes one of its calls at this moment
            self.env.cr.rollback()
            return False
        except Exception as error:
            self.env.cr.rollback()
            reason = log_failure(_logger, f"Import {self.id} cannot go on", error)
            self.write({"state": "failed", "error": reason, "file": False})
            return bool(self.env["ir.cron"]._commit_progress(1))

    def _run(self):
        self.state = "running"
        for batch in self._get_batches():
            calls = self._take(batch)
            if self.is_table:
                self.env["call.import.row"].browse([row for row, _read in batch])._finish(calls)
            if not self.env["ir.cron"]._commit_progress():
                return False
        self.write({"state": "done", "file": False})
        return bool(self.env["ir.cron"]._commit_progress(1))

    def _get_batches(self):
        """Yield what is to be taken next, in bounded batches, from the position that was reached.

        :return: pairs of the number of a row, and a function that returns its events
        """
        if self.is_table:
            yield from self.env["call.import.row"]._get_batches(self, BATCH)
            return
        table = self._get_table(self._read_lines())
        zone, now = self._get_zone(), datetime.now(timezone.utc)
        batch = []
        for count, cells in enumerate(self._iterate_rows(table), start=1):
            if count <= self.position:
                continue
            batch.append((count, lambda cells=cells: table.read_row(cells, zone, now)))
            if len(batch) == BATCH:
                yield batch
                batch = []
        if batch:
            yield batch

    def _get_reasons(self):
        """Return the numbers of rows that could not be imported, and why.

        :rtype: list[tuple[int, str]]
        """
        return [(row, load_reason(stored or "")) for row, stored in self.failures or ()]

    def _note_failure(self, row, reason):
        """Count a row that cannot be imported, and keep the reason.

        :param int row: its number in the file, without the header; of a table, its id
        :param str reason: as `adapters.reasons.dump_reason` returns it
        """
        self.failed_count += 1
        if self.is_table:
            self.env["call.import.row"].browse(row).error = reason
        elif len(self.failures or ()) < MAX_FAILURES:
            self.failures = [*(self.failures or ()), [row, reason]]
