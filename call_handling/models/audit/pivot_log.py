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
        is_ours = getattr(self, "_has_data_of_calls", False)
        return is_ours or bool(self._get_kinds()) or self._do_paths_lead_to_data_of_calls(paths)

    @api.model
    def _do_paths_lead_to_data_of_calls(self, paths):
        for name, *rest in filter(None, paths):
            field = self._fields.get(name)
            if field and field.type == "reference":
                return True
            if field and field.relational:
                target = self.env[field.comodel_name]
                if target._may_lead_to_data_of_calls([rest]):
                    return True
        return False

    @api.model
    def _get_kinds(self):
        """Return the names of the fields that say which model a record is about."""
        fields = self._fields.values()
        return [f.model_field for f in fields if f.type == "many2one_reference" and f.store]

    @api.model
    def _get_domain_of_calls(self, paths):
        """Return which records can have data of calls: of a model that is none of ours, and whose
        fields lead to none, those that are about records of ours.

        :param list paths: as of :meth:`_may_lead_to_data_of_calls`
        :rtype: Domain
        """
        is_ours = getattr(self, "_has_data_of_calls", False)
        if is_ours or self._do_paths_lead_to_data_of_calls(paths):
            return Domain.TRUE
        ours = [name for name in self.env if getattr(self.env[name], "_has_data_of_calls", False)]
        return Domain.OR(Domain(kind, "in", ours) for kind in self._get_kinds())


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
        found = model.search(domain & model._get_domain_of_calls(paths))
        for records in found._find_exported_data_of_calls(paths):
            self._log_together("export", records)
