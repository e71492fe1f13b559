from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools import SQL, groupby

ACTS = [
    ("private", "Call made private"),
    ("forget", "Private call deleted"),
    ("delete", "Call deleted"),
    ("correct", "Call corrected"),
    ("undo_correction", "Correction undone"),
    ("lose_contact", "Contact of calls deleted"),
    ("merge_contact", "Contact of calls merged"),
    ("unwanted", "Number marked as unwanted"),
    ("not_unwanted", "Number no longer unwanted"),
    ("remember", "Contact of a number remembered"),
    ("forget_number", "Remembered number forgotten"),
    ("contact_private", "Private calls of a contact changed"),
    ("secret", "Secret replaced"),
    ("address", "Address replaced"),
    ("keep", "Keeping for ever changed"),
    ("settings", "Settings changed"),
    ("original", "Database declared the original"),
    ("erase_contact", "Contact erased from calls"),
    ("export", "Exported"),
    ("export_contact", "Data of a contact exported"),
    ("diagnosis", "Diagnosis file made"),
    ("play", "File with a recording played or downloaded"),
    ("listen", "Recording listened to"),
    ("download", "Recording downloaded"),
    ("read_transcript", "Transcript read"),
    ("refuse_recording", "Recording refused by the caller"),
    ("delete_recording", "Recording deleted"),
]


class CallAudit(models.Model):
    """Who did what to calls and their settings, who has exported or played what, and when.

    An entry has the ids of records, and nothing of their content: it remains when a call becomes
    private. Only the app creates it, and nobody changes or deletes it.
    """

    _name = "call.audit"
    _description = "Audit Trail of Calls"
    _order = "id desc"
    _rec_name = "act"
    _inherit = ["call.guard.mixin"]
    _outlives_calls = True  # see call.call._get_link

    create_date = fields.Datetime(string="Date", readonly=True)
    user_id = fields.Many2one(
        "res.users",
        string="By",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        when_left="kept",
    )
    act = fields.Selection(ACTS, required=True, readonly=True)
    is_automatic = fields.Boolean(
        string="Automatic", readonly=True, help="A rule, a number or a contact was the reason."
    )
    private_mode = fields.Selection(
        [("keep", "Kept for the person"), ("count", "Counted"), ("forget", "Deleted")],
        string="What Remained",
        readonly=True,
    )
    company_id = fields.Many2one("res.company", readonly=True, index=True, ondelete="restrict")
    res_model = fields.Char(string="Model of the Record", required=True, readonly=True)
    model_label = fields.Char(string="Kind of Record", compute="_compute_model_label")
    res_id = fields.Many2oneReference(
        string="Record ID",
        model_field="res_model",
        readonly=True,
        help="Empty if the entry is about several records.",
    )
    res_ids = fields.Json(
        string="IDs of Several Records", readonly=True, export_string_translation=False
    )
    record_count = fields.Integer(string="Records", readonly=True, default=1, aggregator=None)
    record_label = fields.Char(string="IDs", compute="_compute_record_label")
    any_res_id = fields.Integer(
        string="ID of One of the Records", store=False, search="_search_any_res_id"
    )

    # === COMPUTE METHODS === #

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_model_label(self):
        for entry in self:
            # sudo: what models are called is not confidential
            model_sudo = self.env["ir.model"].sudo()._get(entry.res_model)
            entry.model_label = model_sudo.name or entry.res_model

    @api.depends("res_id", "res_ids")
    def _compute_record_label(self):
        for entry in self:
            single = [entry.res_id] if entry.res_id else []
            entry.record_label = _format_ids(entry.res_ids or single)

    # === SEARCH METHODS === #

    @api.model
    def _search_any_res_id(self, operator, value):
        """Find the entries about a record, whether or not they are about others, too."""
        if operator != "in":
            return NotImplemented
        ids = [one for one in value if isinstance(one, int) and one]
        of_several = Domain.custom(
            to_sql=lambda model, alias, query: SQL(
                "%s @> ANY(%s::jsonb[])",
                SQL.identifier(alias, "res_ids"),
                [str(one) for one in ids],
            )
        )
        return Domain("res_id", "in", ids) | of_several

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: nobody changes an entry, not the app either."""
        self.check_access("write")
        if self:
            raise UserError(self.env._("Entries of the audit trail cannot be changed."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Entries of the audit trail cannot be deleted."))

    # === BUSINESS METHODS === #

    @api.model
    def _log(self, act, records, *, is_automatic=False, private_mode=False):
        """Record what the current user has done, or what the app does.

        :param str act: one of :data:`ACTS`
        :param records: to which records; they may be about to be deleted
        :param bool is_automatic: a rule, a number or a contact is the reason
        :param str private_mode: what remains of a call that becomes private
        :return: the entries
        :rtype: call.audit
        """
        details = {"is_automatic": is_automatic, "private_mode": private_mode}
        return self._create_entries(
            [self._prepare_entry(act, record) | details for record in records.sudo()]
        )

    @api.model
    def _log_together(self, act, records):
        """Record what the current user does with all of these records at once, such as exporting
        them: one entry per company.

        :param str act: one of :data:`ACTS`
        :param records: of one model
        :return: the entries
        :rtype: call.audit
        """
        by_company = records.sudo().grouped(self._get_company_id)
        return self._create_entries(
            [self._prepare_entry(act, of_company) for of_company in by_company.values()]
        )

    @api.model
    def _prepare_entry(self, act, records):
        """Return the values of an entry about records of one company."""
        is_single = len(records) == 1
        return {
            "user_id": self.env.uid,
            "act": act,
            "is_automatic": False,
            "private_mode": False,
            "company_id": self._get_company_id(records[:1]),
            "res_model": records._name,
            "res_id": records.id if is_single else False,
            "res_ids": False if is_single else sorted(records.ids),
            "record_count": len(records),
        }

    @api.model
    def _create_entries(self, vals_list):
        # sudo: nobody but the app writes the trail. The context of a request has no influence.
        return self.with_env(self.env(su=True, context={})).create(vals_list)

    @api.model
    def _get_company_id(self, record):
        """Return the company whose administrators see the entry; of none, all do."""
        if record._name == "res.company":
            return record.id
        if "company_id" not in record and "call_id" in record:
            record = record.call_id
        return "company_id" in record and record.company_id.id


def _format_ids(ids):
    """Return ids for people: ``1-3, 7``.

    :param list ids: in ascending order
    """
    runs = groupby(enumerate(ids), lambda pair: pair[1] - pair[0])
    ranges = [[one for _place, one in run] for _offset, run in runs]
    return ", ".join(f"{r[0]}-{r[-1]}" if len(r) > 1 else str(r[0]) for r in ranges)
