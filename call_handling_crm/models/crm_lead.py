from odoo import models


class CrmLead(models.Model):
    _name = "crm.lead"
    _inherit = ["crm.lead", "call.count.mixin"]
    _call_link = "lead_id"
