from odoo import api, fields, models
from odoo.exceptions import UserError


class CallNote(models.Model):
    """What somebody wrote down about a call, during it or after."""

    _name = "call.note"
    _description = "Call Note"
    _order = "date, id"
    _rec_name = "date"

    call_id = fields.Many2one("call.call", required=True, index=True, ondelete="cascade")
    user_id = fields.Many2one(
        "res.users", string="Author", required=True, readonly=True, default=lambda s: s.env.user
    )
    date = fields.Datetime(required=True, readonly=True, default=fields.Datetime.now)
    body = fields.Html(string="Note", required=True)

    @api.model_create_multi
    def create(self, vals_list):
        calls = self.env["call.call"].browse([vals.get("call_id") for vals in vals_list])
        if calls.sudo().filtered("is_private"):
            raise UserError(self.env._("A private call carries nothing. Write it elsewhere."))
        if not self.env.su:
            for vals in vals_list:
                vals.update(user_id=self.env.uid, date=fields.Datetime.now())
        return super().create(vals_list)
