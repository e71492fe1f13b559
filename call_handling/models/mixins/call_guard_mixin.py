from odoo import api, models


class CallGuardMixin(models.AbstractModel):
    """A model whose fields say who may write them, which holds for whatever is written.

    It is the last one to see the values. A model that itself adds values to what people write has
    `call.field.mixin` instead, and checks what they write before.
    """

    _name = "call.guard.mixin"
    _description = "Record with Restricted Fields"
    _inherit = ["call.field.mixin"]

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        self._check_writable({name for vals in vals_list for name in vals}, is_new=True)
        for vals in vals_list:
            self._check_dates(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_writable(vals)
        self._check_dates(vals)
        return super().write(vals)
