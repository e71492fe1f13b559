from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ...tools import NO_CHATTER, public_method

OFFERED = 10  # records, those that were changed last


class CallCall(models.Model):
    """Attaches incoming calls to the open task of their contact, if there is only one.

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

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_choose_task(self, task_id: int):
        """Set which of the offered tasks the call is about.

        :param int task_id: the task
        """
        self._choose("task", task_id)

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
