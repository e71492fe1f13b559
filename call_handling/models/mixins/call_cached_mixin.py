from odoo import api, models


class CallCachedMixin(models.AbstractModel):
    """Records that the server caches, since every event needs them. Each change clears the cache
    of all workers."""

    _name = "call.cached.mixin"
    _description = "Record That Is Cached"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env.registry.clear_cache()
        return records

    def write(self, vals):
        result = super().write(vals)
        self.env.registry.clear_cache()
        return result

    def unlink(self):
        result = super().unlink()
        self.env.registry.clear_cache()
        return result
