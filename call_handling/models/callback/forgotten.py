from odoo import fields, models

from ...adapters.event import HIDDEN


class CallCallback(models.Model):
    """Callbacks that name nobody any more, because their calls are anonymized."""

    _inherit = "call.callback"

    # those whose calls were deleted are found by it
    _named_idx = models.Index(f"(company_id, date_last, id) WHERE number <> '{HIDDEN}'")

    def _anonymize(self):
        """Remove whom to call back. Nobody can, so those that are still open are closed."""
        for callback in self.filtered(lambda callback: callback.state == "open"):
            callback.write({"state": "dropped", "date_done": fields.Datetime.now()})
        nobody = {"number": HIDDEN, "partner_id": False, "reason": False}
        # who should have called back does not depend on the contact any more
        self.write(nobody | {"is_assigned_by_hand": True})
