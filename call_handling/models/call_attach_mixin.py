from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from .call_fact import QUIET

OFFERED = 10  # records, those that somebody has worked on last


class CallAttachMixin(models.AbstractModel):
    """Incoming calls find the open task of their contact, where there is only one.

    Where there are several they are offered, and a person chooses. Whoever adds a kind of
    record that calls are attached to overrides :meth:`_get_attachable`, and has methods
    ``_get_<name>_key`` and ``_search_open_<name>``.
    """

    _name = "call.attach.mixin"
    _description = "Calls Attached to What Is Open"
    _inherit = ["call.follow.up.mixin"]

    task_candidate_ids = fields.Many2many(
        "project.task",
        "call_call_task_candidate_rel",
        "call_id",
        "task_id",
        string="It Could Be About",
        copy=False,
    )
    attached = fields.Json(
        copy=False,
        readonly=True,
        groups=fields.NO_ACCESS,  # it decides what is taken off a call again
        export_string_translation=False,
        help="By kind of record: what it was looked for with, and the record that was found.",
    )

    # === ACTION METHODS === #

    def action_choose_task(self, task_id):
        """Say which of the tasks on offer the call is about.

        :param int task_id: the task
        """
        self._choose("task", task_id)

    # === BUSINESS METHODS === #

    def _get_attachable(self):
        """Fields of the call that keep what it may be about, by kind of record.

        :rtype: dict[str, str]
        """
        return {"task": "task_candidate_ids"}

    def _choose(self, kind, record_id):
        """Attach the call to one of the records that are offered.

        :raise UserError: it is not offered
        """
        self.ensure_one()
        self.check_access("write")
        offered = self._get_attachable()[kind]
        chosen = self[offered].filtered(lambda record: record.id == record_id)
        if not chosen:
            raise UserError(self.env._("This is not on offer any more. Reload the call."))
        chosen.check_access("read")
        name = self._get_follow_ups()[kind].field
        self.write({name: chosen.id, offered: [Command.clear()]})

    def _get_work(self):
        # first, as nothing need be made where something is found
        return (["attach"] if self._get_to_attach() else []) + super()._get_work()

    def _get_to_attach(self):
        """With what is to be looked for open records, by their kind; not what was looked for.

        :rtype: dict[str, list]
        """
        if self.direction != "incoming" or not self._is_recent():
            return {}
        keys = {kind: getattr(self, f"_get_{kind}_key")() for kind in self._get_attachable()}
        known = self.attached or {}
        return {kind: key for kind, key in keys.items() if key != known.get(kind, [[]])[0]}

    def _get_task_key(self):
        """What decides about the task: contact and project. Nothing: there is none to find."""
        key = [self.partner_id.id, self.project_id.id]
        return key if all(key) else []

    def _work_attach(self):
        for kind, key in self._get_to_attach().items():
            self.with_context(**QUIET)._attach(kind, key)

    def _attach(self, kind, key):
        """Attach the call to the one open record of its contact, or offer those there are.

        What a person has chosen stays, and what was made from the call.
        """
        name, offered = self._get_follow_ups()[kind].field, self._get_attachable()[kind]
        _key, before = (self.attached or {}).get(kind, ([], False))
        found = self.browse()[name]
        if name not in (self.by_hand or ()) and self[name].id in (before, False):
            found = getattr(self, f"_search_open_{kind}")() if key else found
            self[name] = found if len(found) == 1 else False
            self[offered] = found if len(found) > 1 else False
        attached_id = self[name].id if len(found) == 1 else False
        self.attached = (self.attached or {}) | {kind: [key, attached_id]}

    def _search_open_task(self):
        """Open tasks of the contact in the call's project.

        :rtype: project.task
        """
        in_project = Domain("project_id", "=", self.project_id.id)
        whole = Domain("parent_id", "=", False) & Domain("is_template", "=", False)
        return self._search_of_contact(
            "project.task", in_project & whole & Domain("is_closed", "=", False)
        )

    def _search_of_contact(self, model, domain):
        """Records of the contact; where it has none, those of all of its company.

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
