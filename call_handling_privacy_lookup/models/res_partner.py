from odoo import models

NO_ADDRESS = "none@invalid"  # the log needs an address


class ResPartner(models.Model):
    _inherit = "res.partner"

    def _log_call_data(self, act):
        """Override to list the act among all answers to requests of contacts, too."""
        acts = dict(self.env["call.audit"]._fields["act"]._description_selection(self.env))
        # sudo: only administrators of Odoo see the log, whoever answers the request
        self.env["privacy.log"].sudo().create(
            {
                "anonymized_name": self.display_name,
                "anonymized_email": self.email_normalized or NO_ADDRESS,
                "user_id": self.env.uid,
                "execution_details": acts[act],
                "records_description": f"{self._description}: #{self.id}",
            }
        )
        return super()._log_call_data(act)
