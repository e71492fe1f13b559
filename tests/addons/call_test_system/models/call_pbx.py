from odoo import api, fields, models

from ..adapters.bellphone import BellphoneAdapter


class CallPbx(models.Model):
    _inherit = "call.pbx"

    bell_tenant = fields.Char()

    @api.model
    def _get_adapters(self):
        return super()._get_adapters() | {BellphoneAdapter.code: BellphoneAdapter}

    def _prepare_settings(self):
        settings = super()._prepare_settings()
        return settings | {"extra": settings["extra"] | {"bell_tenant": self.bell_tenant or ""}}
