from odoo import api, fields, models

from ...tools import is_stored, public_method

# A contact that was matched like this gives way to the one from which the number was dialled.
UNCERTAIN = ("ambiguous", "none", "company_block")


class CallCall(models.Model):
    """The record from which a call was dialled."""

    _inherit = "call.call"

    dial_id = fields.Many2one(
        "call.dial",
        index="btree_not_null",
        readonly=True,
        copy=False,
        prefetch=False,
        when_joined="fill",
        export_string_translation=False,
        ondelete="set null",
    )
    res_model = fields.Char(
        string="Model of the Record", readonly=True, copy=False, prefetch=False, when_joined="fill"
    )
    res_id = fields.Many2oneReference(
        string="Dialled From",
        model_field="res_model",
        readonly=True,
        copy=False,
        prefetch=False,
        when_joined="fill",
    )
    record_label = fields.Char(string="Record", compute="_compute_record_label")

    # === COMPUTE METHODS === #

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_record_label(self):
        for call in self:
            call.record_label = call._get_dialled_record().display_name

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_record(self):
        """Open the record from which the call was dialled."""
        return self._get_dialled_record()._get_records_action()

    # === BUSINESS METHODS === #

    def _get_dialled_record(self):
        """Return the record, if it still exists and the user may see it."""
        self.ensure_one()
        if not self.res_id or not is_stored(self.env, self.res_model):
            return self.browse()
        record = self.env[self.res_model].browse(self.res_id).exists()
        return record if record.has_access("read") else record.browse()

    def _link_dial(self, dial):
        """Take over what is known from a click.

        :param call.dial dial: who clicked, on which record
        """
        self.ensure_one()
        values = {"dial_id": dial.id, "res_model": dial.res_model, "res_id": dial.res_id}
        if dial.partner_id and self.match in UNCERTAIN:
            values["partner_id"] = dial.partner_id.id
        if dial.res_id and is_stored(self.env, dial.res_model):
            record = self.env[dial.res_model].browse(dial.res_id).exists()
            values |= self._prepare_dialled_values(record)
        # The record was chosen by a person: the own number does not override its project.
        chosen = values.keys() & {"project_id"}
        values["manual_fields"] = sorted({*(self.manual_fields or ()), *chosen}) or False
        self.with_context(call_handling_automatic=True, tracking_disable=True).write(values)
        self._reprocess()

    def _prepare_dialled_values(self, record):
        """Return what a call takes over from the record it was dialled from: the record itself,
        if it is of a kind of follow-up. Override for further models.

        :param record: empty if it was deleted
        :rtype: dict
        """
        if not record:
            return {}
        follow_ups = self._get_follow_ups().values()
        values = {f.link: record.id for f in follow_ups if f.model == record._name}
        if record._name == "project.task":
            values["project_id"] = record.project_id.id
        if record._name == "project.project":
            values["project_id"] = record.id
        return values
