from odoo import Command, api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import AUTOMATIC, NO_CHATTER, is_stored, public_method

OFFERED = 10  # records, those that were changed last
# A contact that was matched like this gives way to the one from which the number was dialled.
UNCERTAIN = ("ambiguous", "none", "company_block")


class CallCall(models.Model):
    """What a call is about: outgoing calls are attached to the record from which they were dialled,
    incoming calls to the open task of their contact, if there is only one.

    If there are several, they are offered, and a person chooses. An addon does the same for a
    kind of follow-up of its own with a field that has the attribute ``candidates_for``, and
    methods ``_get_<kind>_search_key`` and ``_search_open_<kind>``.
    """

    _inherit = "call.call"

    task_candidate_ids = fields.Many2many(
        "project.task",
        "call_call_task_candidate_rel",
        "call_id",
        "task_id",
        string="Possible Tasks",
        copy=False,
        candidates_for="task_id",
        when_joined="drop",
    )
    found_records = fields.Json(
        copy=False,
        readonly=True,
        when_joined="all",
        groups=fields.NO_ACCESS,  # it decides what is detached from a call again
        export_string_translation=False,
        help="By kind of record: what was searched for, and the id of what was found.",
    )

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
    record_label = fields.Char(string="Linked To", compute="_compute_record_label")

    # what leads to records that are deleted or become anonymous is looked for by it
    _record_idx = models.Index("(res_model, res_id) WHERE res_model IS NOT NULL")

    # === COMPUTE METHODS === #

    @api.depends("res_model", "res_id")
    @api.depends_context("uid")
    def _compute_record_label(self):
        for call in self:
            call.record_label = call._get_dialled_record().display_name

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_choose_task(self, task_id: int):
        """Set which of the offered tasks the call is about.

        :param int task_id: the task
        """
        self._choose("task", task_id)

    @public_method(one=True)
    def action_view_record(self):
        """Open the record from which the call was dialled."""
        return self._get_dialled_record()._get_records_action()

    # === BUSINESS METHODS === #

    def _choose(self, kind, record_id):
        """Attach the call to one of the records that are offered.

        :raise UserError: it is not offered
        """
        self.ensure_one()
        self.check_access("write")
        follow_up = self._get_follow_ups()[kind]
        chosen = self[follow_up.candidates].filtered(lambda record: record.id == record_id)
        if not chosen:
            raise UserError(self.env._("This choice is no longer offered. Reload the call."))
        chosen.check_access("read")
        # sudo: the user may choose what is offered, and nothing else
        self.sudo().write({follow_up.link: chosen.id, follow_up.candidates: [Command.clear()]})

    def _needs_job_attach(self):
        return bool(self._get_new_search_keys())

    def _run_job_attach(self):
        for kind, key in self._get_new_search_keys().items():
            self.with_context(**NO_CHATTER)._attach(kind, key)

    def _get_new_search_keys(self):
        """Return what to search open records with, by kind, if it was not searched before.

        :rtype: dict[str, list]
        """
        if self.direction != "incoming" or not self._is_recent():
            return {}
        follow_ups = self._get_follow_ups().items()
        kinds = [kind for kind, follow_up in follow_ups if follow_up.candidates]
        keys = {kind: getattr(self, f"_get_{kind}_search_key")() for kind in kinds}
        known = self.found_records or {}
        return {kind: key for kind, key in keys.items() if key != known.get(kind, [[]])[0]}

    def _attach(self, kind, key):
        """Attach the call to the only open record of its contact, or offer those that exist.

        What a person has chosen remains, and what was created from the call.
        """
        follow_up = self._get_follow_ups()[kind]
        link, offered = follow_up.link, follow_up.candidates
        _key, before = (self.found_records or {}).get(kind, ([], False))
        found = self.browse()[link]
        if link not in (self.manual_fields or ()) and self[link].id in (before, False):
            found = getattr(self, f"_search_open_{kind}")() if key else found
            self[link] = found if len(found) == 1 else False
            self[offered] = found if len(found) > 1 else False
        attached_id = self[link].id if len(found) == 1 else False
        self.found_records = (self.found_records or {}) | {kind: [key, attached_id]}

    def _get_task_search_key(self):
        """Return what determines the task: contact and project. Empty: there is none to find."""
        key = [self.partner_id.id, self.project_id.id]
        return key if all(key) else []

    def _search_open_task(self):
        """Return the open tasks of the contact in the call's project.

        :rtype: project.task
        """
        in_project = Domain("project_id", "=", self.project_id.id)
        whole = Domain("parent_id", "=", False) & Domain("is_template", "=", False)
        return self._search_of_contact(
            "project.task", in_project & whole & Domain("is_closed", "=", False)
        )

    def _search_of_contact(self, model, domain):
        """Return records of the contact or, if there are none, of all of its company.

        :param str model: has a `partner_id`
        :param Domain domain: which records count
        """
        Model = self.env[model]
        own = domain & Domain("partner_id", "=", self.partner_id.id)
        company = self.partner_id.commercial_partner_id
        of_company = domain & Domain("partner_id.commercial_partner_id", "=", company.id)
        order = "write_date desc, id desc"
        return Model.search(own, order=order, limit=OFFERED) or Model.search(
            of_company, order=order, limit=OFFERED
        )

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
        self.with_context(**AUTOMATIC.set(), tracking_disable=True).write(values)
        self._reprocess(values)

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
