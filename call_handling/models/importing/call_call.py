from odoo import fields, models

from ...tools import ADMIN


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
