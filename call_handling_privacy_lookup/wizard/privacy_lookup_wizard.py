from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize
from odoo.tools.sql import escape_psql


class PrivacyLookupWizard(models.TransientModel):
    _inherit = "privacy.lookup.wizard"

    def _get_query(self):
        """Override to find what names the person by number, or by the name that was sent. What is
        linked with the contact, Odoo finds by itself."""
        query = super()._get_query()
        for records in self._find_call_data():
            if records:
                model_id = self.env["ir.model"]._get_id(records._name)
                query = SQL(
                    "%s UNION ALL SELECT %s, unnest(%s), TRUE",
                    *(query, model_id, records.ids),
                )
        return query

    def _find_call_data(self):
        """Return what is stored about the person in connection with calls, as far as no field that
        Odoo looks at leads there.

        :return: recordsets, each of one model
        """
        name = self.name.strip()
        # sudo: the lookup finds everything, and names what the user may not read neutrally
        partners_sudo = self.env["res.partner"].sudo().with_context(active_test=False)
        known = Domain("email_normalized", "=", email_normalize(self.email.strip()))
        known |= Domain("name", "=ilike", escape_psql(name))
        data = [partner._find_call_data() for partner in partners_sudo.search(known)]
        calls = partners_sudo.env["call.call"]
        by_name = Domain("remote_name", "=ilike", escape_psql(name)) & Domain(
            "is_private", "=", False
        )
        return [
            calls.search(by_name).union(*(d.calls_sudo for d in data)).filtered(self._is_nobodys),
            self.env["call.callback"]
            .union(*(d.callbacks_sudo for d in data))
            .filtered(self._is_nobodys),
            self.env["call.leg"].union(*(d.legs_sudo for d in data)),
            self.env["call.number"].union(*(d.numbers_sudo for d in data)),
            self.env["call.proposal"].union(*(d.proposals_sudo for d in data)),
            self.env["call.event"].union(*(d.failed_sudo for d in data)),
        ]

    def _is_nobodys(self, record):
        return not record.partner_id


class PrivacyLookupWizardLine(models.TransientModel):
    _inherit = "privacy.lookup.wizard.line"

    def action_unlink(self):
        """Override to erase the person from a call, whose statistics remain. What belongs to the
        call is gone then, although it has a line of its own."""
        self.ensure_one()
        model = self.env.get(self.res_model)
        is_ours = getattr(model, "_has_data_of_calls", False)
        # sudo: as for the records that Odoo deletes here
        record_sudo = is_ours and model.sudo().browse(self.res_id).exists()
        if self.is_unlinked or not is_ours or (record_sudo and not hasattr(model, "_erase_party")):
            return super().action_unlink()
        if record_sudo:
            self.env["call.audit"]._log("erase_contact", record_sudo)
            record_sudo._erase_party()
        self.execution_details = self.env._(
            "Erased from %(model)s #%(id)s", model=self.res_model_id.name, id=self.res_id
        )
        self.is_unlinked = True
        return None
