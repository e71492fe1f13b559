from odoo import models


class SaleOrder(models.Model):
    _name = "sale.order"
    _inherit = ["sale.order", "call.count.mixin"]
    _call_link = "order_id"
