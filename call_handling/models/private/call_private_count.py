from odoo import SUPERUSER_ID, api, fields, models


class CallPrivateCount(models.Model):
    """How many private calls there were on a day, and nothing else about them."""

    _name = "call.private.count"
    _description = "Number of Private Calls"
    _inherit = ["call.guard.mixin"]
    _order = "date desc, id desc"
    _rec_name = "date"

    company_id = fields.Many2one(
        "res.company", required=True, index=True, readonly=True, ondelete="restrict"
    )
    date = fields.Date(required=True, readonly=True)
    count = fields.Integer(string="Private Calls", readonly=True)

    _date_uniq = models.UniqueIndex("(company_id, date)", "This day is already counted.")

    @api.model
    def _count(self, call):
        """Count a private call.

        :param call.call call: about to be deleted
        """
        # sudo: nobody may change the count; not by the person: nothing says whose call it was
        self_sudo = self.with_user(SUPERUSER_ID)
        company, date = call.company_id, call.date_start.date()
        day_sudo = self_sudo.search([("company_id", "=", company.id), ("date", "=", date)])
        if not day_sudo:
            day_sudo = self_sudo.create({"company_id": company.id, "date": date})
        day_sudo.count += 1
