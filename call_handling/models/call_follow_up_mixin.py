from datetime import timedelta
from typing import NamedTuple

from odoo import Command, fields, models
from odoo.exceptions import UserError
from odoo.tools import clean_context

RECENT = timedelta(days=7)  # what began earlier is history: nothing follows from it by itself

# What is made without a person writes to nobody.
UNASKED = {
    "call_handling_automatic": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_mail_to_attendees": True,
}


class FollowUp(NamedTuple):
    """A kind of follow-up: the call's field that leads to it, and the group that makes them."""

    field: str
    group: str


class CallFollowUpMixin(models.AbstractModel):
    """What is made from a call: by a button, or by a rule without a person.

    Whoever adds a kind of follow-up overrides :meth:`_get_follow_ups`, has methods
    ``action_make_<name>``, ``_work_<name>`` and ``_prepare_<name>_values``, and adds the name to
    ``follow_up`` of `call.rule`.
    """

    _name = "call.follow.up.mixin"
    _description = "Follow-ups of Calls"
    _inherit = [
        "call.hand.over.mixin",
        "call.rule.mixin",
        "call.work.mixin",
        "call.by.hand.mixin",
    ]

    made = fields.Json(
        copy=False,
        readonly=True,
        groups=fields.NO_ACCESS,  # it decides what is deleted with the call
        export_string_translation=False,
        help="What was made from the call, and what of the call went along.",
    )

    # === ACTION METHODS === #

    def action_make_task(self):
        """Make a task of the call, or open the one that is there. Asks for a project first."""
        self.ensure_one()
        if self.task_id or self.project_id:
            return self._open_follow_up("task")
        view = self.env.ref("call_handling.call_call_view_form_task")
        return self._get_records_action(
            name=self.env._("Make a Task"), target="new", views=[(view.id, "form")]
        )

    # === BUSINESS METHODS === #

    def _get_follow_ups(self):
        """All kinds of follow-ups, by their names.

        :rtype: dict[str, FollowUp]
        """
        return {"task": FollowUp("task_id", "project.group_project_user")}

    def _get_links(self):
        """Fields of the call that lead to its follow-ups."""
        return [follow_up.field for follow_up in self._get_follow_ups().values()]

    def _get_assigned(self):
        return super()._get_assigned() | set(self._get_links())

    def _get_work_labels(self):
        labels = {
            kind: self._fields[follow_up.field]._description_string(self.env)
            for kind, follow_up in self._get_follow_ups().items()
        }
        return super()._get_work_labels() | labels

    def _get_work(self):
        return super()._get_work() + self._get_to_make()

    def _get_to_make(self):
        """Kinds of follow-ups that rules want to have made of the call.

        :rtype: list[str]
        """
        wanted = self._get_follow_ups().keys() & (self.rule_makes or {}).keys()
        if not wanted or self.state != "ended" or not self._is_recent():
            return []
        done = {made["kind"] for made in self.made or ()}
        return sorted(kind for kind in wanted - done if self._is_open(kind))

    def _is_recent(self):
        """Whether something may still follow from the call by itself."""
        return self._is_processed() and self.date_start > fields.Datetime.now() - RECENT

    def _is_open(self, kind):
        """Whether there is no follow-up of the kind, and nobody has said that none shall be."""
        name = self._get_follow_ups()[kind].field
        return not self[name] and name not in (self.by_hand or ())

    def _work_task(self):
        self._work_follow_up("task")

    def _work_follow_up(self, kind):
        """Make a follow-up without a person, if it is still to be made."""
        if self._is_open(kind):
            tz, lang = self.user_id.tz or self.pbx_id.tz, self.user_id.lang
            self.with_context(**UNASKED, tz=tz, lang=lang)._make_follow_up(kind)

    def _open_follow_up(self, kind):
        """Make a follow-up, or open the one that is there."""
        self.ensure_one()
        name = self._get_follow_ups()[kind].field
        if not self[name]:
            self._check_follow_up()
            self._make_follow_up(kind)
        return self[name]._get_records_action()

    def _check_follow_up(self):
        """Whether this user may make something of the call.

        :raise AccessError: the call is not the user's to change
        :raise UserError: the call is private
        """
        self.check_access("write")
        if self.is_private:
            raise UserError(self.env._("This call is private, so nothing is made from it."))

    def _make_follow_up(self, kind):
        """Make a follow-up of the call.

        :raise UserError: something that it needs is missing
        """
        # defaults and active records of a call's form are not meant for what is made
        context = clean_context(self.env.context).items()
        context = {name: value for name, value in context if not name.startswith("active_")}
        call = self.with_env(self.env(context=context)).with_company(self.company_id)
        values = getattr(call, f"_prepare_{kind}_values")()
        model = self._fields[self._get_follow_ups()[kind].field].comodel_name
        call._keep_follow_up(kind, call.env[model].create(values))

    def _keep_follow_up(self, kind, record):
        """Link the call with what was made from it, and hand over what goes along."""
        name = self._get_follow_ups()[kind].field
        made = {"kind": kind, "model": record._name, "id": record.id}
        made |= {"title": record.name} | self._hand_over_to(record)
        self[name] = record
        # sudo: whoever makes a follow-up cannot write what is deleted with the call
        self_sudo = self.sudo()
        self_sudo.made = [*(self_sudo.made or ()), made]

    def _get_responsible(self, kind):
        """Who takes care of a follow-up: the call's person, else that of the rule.

        Nobody, if that person has no part in such records.

        :rtype: res.users
        """
        rule_id = (self.rule_makes or {}).get(kind)
        # sudo: what a rule says, and who works with what, is no secret of the administrator
        user_sudo = (self.user_id or self.env["call.rule"].sudo().browse(rule_id).user_id).sudo()
        may = user_sudo and user_sudo.has_group(self._get_follow_ups()[kind].group)
        is_there = self.company_id in user_sudo.company_ids
        return user_sudo.sudo(False) if may and is_there else self.env["res.users"]

    def _prepare_task_values(self):
        """Values of the task that is made of the call.

        :raise UserError: the call has no project
        """
        if not self.project_id:
            raise UserError(
                self.env._("A task needs a project. Choose one on the call, or in the rule.")
            )
        return {
            "name": self._get_follow_up_title(),
            "project_id": self.project_id.id,
            "partner_id": self.partner_id.id,
            "user_ids": [Command.set(self._get_responsible("task").ids)],
            "description": self._get_follow_up_text(),
        }
