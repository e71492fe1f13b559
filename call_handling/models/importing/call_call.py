from odoo import fields, models
from odoo.tools import SQL

from ...tools import ADMIN
from ..call.passages import Passage


class CallCall(models.Model):
    """Which import has brought a call, so that it can be taken back."""

    _inherit = "call.call"

    import_id = fields.Many2one(
        "call.import",
        string="Imported With",
        index="btree_not_null",
        ondelete="set null",
        readonly=True,
        copy=False,
        prefetch=False,
        groups=ADMIN,
        when_private="keep",
        when_anonymized="keep",
    )

    def _get_passages(self):
        """Override for rows that could not be imported, and for tables that were. Not those of the
        last hour: somebody may be importing them at this moment."""
        rows = "call.import.row"
        texts = ("from_number", "to_number", "remote_name", "summary", "notes")
        hour_ago = SQL("now() AT TIME ZONE 'UTC' - INTERVAL '1 hour'")
        imported = SQL("res_model = %s AND create_date < %s", rows, hour_ago)
        return [
            *super()._get_passages(),
            Passage(rows, texts, SQL("error IS NOT NULL")),
            Passage("base_import.import", (), imported),
        ]
