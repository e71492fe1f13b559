from odoo import models

from ...tools import public_method


class CallPbx(models.Model):
    """Where an administrator imports past calls of a telephone system."""

    _inherit = "call.pbx"

    @public_method(one=True)
    def action_import_calls(self):
        """Open the imports of this telephone system, to add one."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_import_action")
        return action | {
            "domain": [("pbx_id", "=", self.id)],
            "context": {"default_pbx_id": self.id},
        }
