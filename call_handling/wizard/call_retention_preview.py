from markupsafe import Markup

from odoo import api, fields, models
from odoo.tools import format_date

from ..models.res_company import KEEP_DAYS


class CallRetentionPreview(models.TransientModel):
    """Shows what is old enough to be deleted, with the days of a company or others. It deletes
    nothing, and changes no setting."""

    _name = "call.retention.preview"
    _description = "What Would Be Deleted"

    company_id = fields.Many2one(
        "res.company", required=True, readonly=True, default=lambda self: self.env.company
    )
    call_keep_raw_days = fields.Integer(
        string="Messages as sent", default=lambda self: self.env.company.call_keep_raw_days
    )
    call_keep_event_days = fields.Integer(
        string="Events", default=lambda self: self.env.company.call_keep_event_days
    )
    call_keep_transcript_days = fields.Integer(
        string="Transcripts", default=lambda self: self.env.company.call_keep_transcript_days
    )
    call_keep_recording_days = fields.Integer(
        string="Recordings", default=lambda self: self.env.company.call_keep_recording_days
    )
    call_keep_note_days = fields.Integer(
        string="Notes and files", default=lambda self: self.env.company.call_keep_note_days
    )
    call_keep_people_days = fields.Integer(
        string="Names and numbers", default=lambda self: self.env.company.call_keep_people_days
    )
    call_keep_private_days = fields.Integer(
        string="Remains of private calls",
        default=lambda self: self.env.company.call_keep_private_days,
    )
    has_transcripts = fields.Boolean(compute="_compute_has_transcripts")
    found = fields.Html(compute="_compute_found", sanitize=False)

    # === COMPUTE METHODS === #

    @api.depends("company_id")
    def _compute_has_transcripts(self):
        for wizard in self:
            wizard.has_transcripts = wizard.company_id._has_transcripts()

    @api.depends("company_id", *KEEP_DAYS)
    @api.depends_context("allowed_company_ids", "lang")
    def _compute_found(self):
        for wizard in self:
            rows = wizard._get_rows(wizard.company_id, wizard)
            for company in self.env.companies - wizard.company_id:
                rows += wizard._get_rows(company, company)
            wizard.found = wizard._to_table(rows) if rows else False

    def _get_rows(self, company, days):
        """Return what would be deleted of a company.

        :param res.company company: the company
        :param days: record with its days
        :return: cells of a table
        :rtype: list[tuple]
        """
        # sudo: administrators of calls see how much there is, not what
        calls_sudo = self.env["call.call"].sudo()
        # the days are those of the dialog, the data that of the company
        wanted_sudo = company.sudo().new({n: days[n] for n in KEEP_DAYS}, origin=company)
        rows = []
        for kind, (label, _names) in calls_sudo._get_retention_kinds().items():
            found = calls_sudo._find_due(kind, wanted_sudo)
            if found.count or found.kept:
                dates = (self._format(found.oldest), self._format(found.newest))
                rows.append((company.name, label, found.count, *dates, found.kept))
        return rows

    def _format(self, date):
        return format_date(self.env, date) if date else ""

    def _to_table(self, rows):
        heads = (
            self.env._("Company"),
            self.env._("What"),
            self.env._("Would Be Deleted"),
            self.env._("Oldest"),
            self.env._("Newest"),
            self.env._("Kept for Ever"),
        )
        head = Markup().join(Markup("<th>%s</th>") % text for text in heads)
        body = Markup().join(
            Markup("<tr>%s</tr>") % Markup().join(Markup("<td>%s</td>") % cell for cell in row)
            for row in rows
        )
        return Markup(
            "<table class='table table-sm'><thead><tr>%s</tr></thead><tbody>%s</tbody></table>"
        ) % (head, body)
