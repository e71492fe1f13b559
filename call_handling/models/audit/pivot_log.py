"""Pivot tables that are downloaded: the browser has the data already, and says what it is of."""

from odoo import api, models
from odoo.fields import Domain

MOST_IDS = 10_000  # that an entry has; a table of more records says how many
CONTEXT = ("active_test", "allowed_company_ids")


class Base(models.AbstractModel):
    _inherit = "base"

    @api.model
    def _may_lead_to_data_of_calls(self, paths):
        """Return whether records of the model, or what paths of fields lead to, may have data of
        calls. Reads no record.

        :param list paths: of fields, each a list of names
        :rtype: bool
        """
        if getattr(self, "_has_data_of_calls", False):
            return True
        if any(f.type == "many2one_reference" and f.store for f in self._fields.values()):
            return True
        for name, *rest in filter(None, paths):
            field = self._fields.get(name)
            if field and field.type == "reference":
                return True
            if field and field.relational:
                target = self.env[field.comodel_name]
                if target._may_lead_to_data_of_calls([rest]):
                    return True
        return False


class CallAudit(models.Model):
    _inherit = "call.audit"

    @api.model
    def _log_pivot(self, table):
        """Record that the current user downloads a pivot table with data of calls.

        :param dict table: as the browser sends it; of another program, it does not say which
            records it is of: then all that the user can read are meant
        """
        source = table.get("call_source") or {}
        model = self.env.get(table.get("model"))
        if model is None or model._abstract:
            return
        paths = [name.partition(":")[0].split(".") for name in source.get("fields", ())]
        if not model._may_lead_to_data_of_calls(paths):
            return
        context = source.get("context") or {}
        model = model.with_context(**{name: context[name] for name in CONTEXT if name in context})
        domain = Domain(source.get("domain") or Domain.TRUE)
        is_ours = getattr(model, "_has_data_of_calls", False)
        if is_ours and model.search_count(domain, limit=MOST_IDS + 1) > MOST_IDS:
            count = model.search_count(domain)
            entry = self._prepare_entry("export", model.browse())
            self._create_entries([entry | {"record_count": count}])
            return
        for records in model.search(domain)._find_exported_data_of_calls(paths):
            self._log_together("export", records)
