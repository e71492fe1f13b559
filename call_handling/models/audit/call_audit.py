from odoo import api, fields, models
from odoo.exceptions import UserError

ACTS = [
    ("private", "Call made private"),
    ("forget", "Private call deleted"),
    ("delete", "Call deleted"),
    ("correct", "Call corrected"),
    ("undo_correction", "Correction undone"),
    ("unwanted", "Number marked as unwanted"),
    ("not_unwanted", "Number no longer unwanted"),
    ("remember", "Contact of a number remembered"),
    ("forget_number", "Remembered number forgotten"),
    ("contact_private", "Private calls of a contact changed"),
    ("secret", "Secret replaced"),
    ("address", "Address replaced"),
    ("keep", "Keeping for ever changed"),
    ("settings", "Settings changed"),
]


class CallAudit(models.Model):
    """Who did what to calls and their settings, and when.

    An entry has the id of a record, and nothing of its content: it remains when a call becomes
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
        "res.users", string="By", required=True, readonly=True, index=True, ondelete="restrict"
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
        string="Record ID", model_field="res_model", required=True, readonly=True
    )

    # === COMPUTE METHODS === #

    @api.depends("res_model")
    @api.depends_context("lang")
    def _compute_model_label(self):
        for entry in self:
            # sudo: what models are called is not confidential
            model_sudo = self.env["ir.model"].sudo()._get(entry.res_model)
            entry.model_label = model_sudo.name or entry.res_model

    # === CRUD METHODS === #

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
        # sudo: nobody but the app writes the trail
        return self.sudo().create(
            [
                {
                    "user_id": self.env.uid,
                    "act": act,
                    "is_automatic": is_automatic,
                    "private_mode": private_mode,
                    "company_id": self._get_company_id(record),
                    "res_model": record._name,
                    "res_id": record.id,
                }
                for record in records.sudo()
            ]
        )

    @api.model
    def _get_company_id(self, record):
        """Return the company whose administrators see the entry; of none, all do."""
        return (
            record.id
            if record._name == "res.company"
            else ("company_id" in record and record.company_id.id)
        )
