from odoo import api, models


class CallAuditedMixin(models.AbstractModel):
    """A record whose changes are in the audit trail; see `call.audit`.

    A field with the attribute ``audit`` has an act of its own there.
    """

    _name = "call.audited.mixin"
    _description = "Record in the Audit Trail"
    _audit_act = "settings"
    _audit_act_deleted = "settings"

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        self.env["call.audit"]._log(self._audit_act, records)
        return records

    def write(self, vals):
        result = super().write(vals)
        changed = [self._fields[name] for name in vals if name in self._fields]
        # what is entered in a field that is not stored is written elsewhere
        acts = {getattr(f, "audit", self._audit_act) for f in changed if f.store}
        for act in sorted(acts):
            self.env["call.audit"]._log(act, self)
        return result

    def unlink(self):
        self.env["call.audit"]._log(self._audit_act_deleted, self)
        return super().unlink()
