from datetime import datetime, timedelta, timezone
from functools import partial
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import plaintext2html

from ...adapters.call_row import Reader
from ...adapters.event import CallEvent
from ...adapters.reasons import get_reason
from ...tools import NO_CHATTER, ReasonField, explain, public_method

KEEP_DAYS = 30  # rows that could not be imported
SAME_IMPORT = timedelta(hours=1)  # in which the batches of one file arrive

# What a call is made of; the rest is written by people about it.
FACTS = (
    "pbx_ref",
    "start",
    "start_time",
    "direction",
    "from_number",
    "to_number",
    "remote_name",
    "line_number",
    "extension",
    "queue",
    "outcome",
    "duration",
    "wait",
    "talk",
)


class CallImportRow(models.Model):
    """A past call of any telephone system, as a row of a table that an administrator brings in by
    Odoo's own import. What is wrong with a row is said there, while it is tested.

    A row is read when it is created, and deleted once its call is there: rows have numbers, also
    those of calls that are, or become, private. The fields are texts, since tables say these things
    in many words.
    """

    _name = "call.import.row"
    _description = "Row of Calls to Import"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "id"
    _rec_name = "start"

    import_id = fields.Many2one("call.import", index=True, readonly=True, ondelete="cascade")
    pbx_id = fields.Many2one(
        "call.pbx",
        string="Telephone System",
        required=True,
        ondelete="cascade",
        default=lambda self: self.env["call.import"]._get_default_pbx(),
        writable="create",
    )
    company_id = fields.Many2one(related="pbx_id.company_id")
    pbx_ref = fields.Char(
        string="Call ID",
        writable="create",
        help="The telephone system's id of the call. Rows with the same one are the same call; a "
        "call that is there already is not imported again. Without it, a row with the same values "
        "is not.",
    )
    start = fields.Char(
        required=True,
        writable="create",
        help="When the call began: 2026-11-23 22:42:55, 23.11.2026 22:42, 11/23/2026 10:42 PM, "
        "2026-11-23T22:42:55+01:00.",
    )
    start_time = fields.Char(
        string="Start: Time",
        writable="create",
        help="The time of day, if Start has only the day.",
    )
    time_zone = fields.Char(
        writable="create",
        help="Of the start, if it has no offset: Europe/Berlin, UTC. By default that of the "
        "telephone system.",
    )
    direction = fields.Char(
        writable="create",
        help="incoming, outgoing or internal. By default, it follows from the numbers.",
    )
    from_number = fields.Char(
        string="From", writable="create", help="Number or extension; anonymous if withheld."
    )
    to_number = fields.Char(string="To", writable="create", help="Number or extension.")
    remote_name = fields.Char(string="Caller's Name", writable="create")
    line_number = fields.Char(
        string="Own Number", writable="create", help="If From or To do not have it."
    )
    extension = fields.Char(writable="create", help="Of the phone that spoke, or that rang.")
    queue = fields.Char(writable="create")
    outcome = fields.Char(
        writable="create",
        help="answered, no_answer, busy, rejected, cancelled, voicemail or failed. Without it, a "
        "call with talk time was answered.",
    )
    duration = fields.Char(
        writable="create", help="Of the whole call: seconds, or hours:minutes:seconds."
    )
    wait = fields.Char(string="Waiting Time", writable="create")
    talk = fields.Char(string="Talk Time", writable="create")
    category_id = fields.Many2one("call.category", ondelete="set null", writable="create")
    summary = fields.Text(writable="create")
    notes = fields.Text(writable="create")
    data = fields.Json(readonly=True, export_string_translation=False)
    error = ReasonField(string="Reason", readonly=True)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        rows = super().create(vals_list)
        for pbx, own in rows.grouped("pbx_id").items():
            own._understand_all(own._make_reader(pbx))
            own.sudo().import_id = own._find_import(pbx)
        self.env["call.import"]._trigger()
        return rows

    # === IMPORT BY ODOO === #

    @public_method()
    @api.model
    def get_import_templates(self):
        """Return the files that the import offers to begin with."""
        folder = "/call_handling/static/import"
        return [
            {"label": self.env._("Template for Calls"), "template": f"{folder}/calls.xlsx"},
            {"label": self.env._("The Same as CSV"), "template": f"{folder}/calls.csv"},
        ]

    # === READING === #

    def _make_reader(self, pbx):
        """Return what reads rows of a telephone system, as this user writes days.

        :rtype: adapters.call_row.Reader
        """
        # sudo: how numbers are written at the telephone system
        pbx_sudo = pbx.sudo()
        register = self.env["call.peer"]._get_register(pbx.id)
        lines_sudo = self.env["call.line"].sudo()
        known = {}

        def is_line(number):
            if number not in known:
                readings = pbx_sudo._get_readings(number)
                written = pbx_sudo._read_number(number) or number
                known[number] = bool(lines_sudo._find(written, pbx_sudo.company_id, readings))
            return known[number]

        date_format = self.env["res.lang"]._get_data(code=self.env.user.lang).date_format or ""
        return Reader(
            tz=ZoneInfo(pbx_sudo.tz or "UTC"),
            now=datetime.now(timezone.utc),
            is_phone=register.is_extension,
            is_line=is_line,
            day_first=date_format.find("%d") < date_format.find("%m"),
        )

    def _understand_all(self, reader):
        """Read the rows. The import tries them again one by one if one of them is wrong.

        :raise ValidationError: something in them is missing or wrong
        """
        errors = []
        for row in self:
            try:
                row._understand(reader)
            except ValidationError as error:
                errors.append(error)
        if errors and len(self) > 1:
            raise ValidationError(
                self.env._(
                    "%(bad)s of %(all)s rows cannot be read. The first reason: %(reason)s",
                    bad=len(errors),
                    all=len(self),
                    reason=errors[0],
                )
            )
        if errors:
            raise errors[0]

    def _understand(self, reader):
        """Read the row.

        :raise ValidationError: something in it is missing or wrong
        """
        self.ensure_one()
        values = {name: str(self[name]) for name in FACTS if self[name]}
        try:
            zone = ZoneInfo(self.time_zone.strip()) if self.time_zone else reader.tz
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValidationError(
                self.env._("“%s” is no time zone. Write it like Europe/Berlin.", self.time_zone)
            ) from error
        try:
            events = [e.with_bounded_ids() for e in reader.read_row(values, zone)]
        except ValueError as error:
            message = explain(self.env, get_reason(error))
            raise ValidationError(message[:1].upper() + message[1:] + ".") from error
        self.sudo().write(
            {"data": [event.to_json() for event in events], "pbx_ref": events[0].call}
        )

    def _find_import(self, pbx):
        """Return the import to which rows belong: a file is sent in several requests.

        :rtype: call.import
        """
        imports_sudo = self.env["call.import"].sudo()
        since = fields.Datetime.now() - SAME_IMPORT
        known = imports_sudo.search(
            [
                ("pbx_id", "=", pbx.id),
                ("is_table", "=", True),
                ("create_uid", "=", self.env.uid),
                ("create_date", ">=", since),
                ("state", "in", ("waiting", "running", "done")),
            ],
            limit=1,
        )
        own = known or imports_sudo.create(
            {"pbx_id": pbx.id, "is_table": True, "name": self.env._("Table of Calls")}
        )
        own.write({"state": "waiting", "row_count": own.row_count + len(self)})
        return own

    # === BUSINESS METHODS === #

    @api.model
    def _get_batches(self, record, size):
        """Yield the rows of an import that wait, as `call.import._get_batches` does."""
        waiting = [("import_id", "=", record.id), ("error", "=", False)]
        last_id = 0
        while rows := self.search([*waiting, ("id", ">", last_id)], order="id", limit=size):
            last_id = rows[-1].id
            yield [(row.id, partial(row._load_events)) for row in rows]

    def _load_events(self):
        return [CallEvent.from_json(values) for values in self.data]

    def _finish(self, calls):
        """Write what people have written about calls, and delete the rows. What could not be
        imported remains, with the reason.

        :param dict calls: ids of calls by their references
        """
        found = self.env["call.call"].browse(sorted(set(calls.values()) - {None})).exists()
        known = {call.id: call for call in found.with_context(**NO_CHATTER)}
        for row in self:
            call = known.get(calls.get(row.pbx_ref))
            if call and not (call.is_private or call.is_anonymized):
                row._write_texts(call)
        self.filtered(lambda row: not row.error).unlink()

    def _write_texts(self, call):
        values = {
            name: self[name].id if name == "category_id" else self[name]
            for name in ("category_id", "summary")
            if self[name] and not call[name]
        }
        if values:
            call.write(values)
        body = self.notes and plaintext2html(self.notes)
        if body and body not in call.note_ids.mapped("body"):
            self.env["call.note"].create(
                {"call_id": call.id, "body": body, "date": call.date_start}
            )

    # === CRON METHODS === #

    @api.autovacuum
    def _gc_old(self):
        """Delete rows that could not be imported, some time later."""
        before = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        self.search([("create_date", "<", before)]).unlink()
