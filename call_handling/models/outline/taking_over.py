from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...adapters.summarizing import Kind
from ...tools import POINT, public_method

# As what a point can be taken over, beside follow-ups; the first one is the usual one.
TARGETS = {
    Kind.SUMMARY.value: ("summary", "note", "timesheet"),
    Kind.REASON.value: ("note",),
    Kind.AGREED.value: ("note", "reminder"),
    Kind.QUESTION.value: ("note", "reminder"),
    Kind.ACTION.value: ("reminder", "note"),
    Kind.CATEGORY.value: ("category",),
    Kind.PROJECT.value: ("project",),
}
WITH_DIALOG = ("meeting",)  # follow-ups that a person completes first
REMINDER = "mail.mail_activity_data_todo"


class CallOutlinePoint(models.Model):
    """Points that a person takes over, one by one, or dismisses.

    What is created is created by that person, with that person's rights, in the ways in which
    people create it by hand. It cannot be taken over twice.
    """

    _inherit = "call.outline.point"

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_take_over(self, target: str):
        """Take the point over, on behalf of the user.

        :param str target: as what; one of :meth:`_get_targets`
        :raise AccessError: the user may not edit the call
        :raise UserError: somebody has already decided, or something is missing
        """
        call = self._start_deciding()
        if target not in self._get_targets():
            raise UserError(self.env._("This is not possible with this proposal. Reload the call."))
        if target in call._get_follow_ups():
            # sudo: what it says, for whoever completes the values
            call.with_context(**POINT.set(self.sudo()))._create_follow_up(target)
        else:
            getattr(self, f"_take_over_as_{target}")(call)
        self._decide("taken", target)
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        body = self.env._(
            "Taken over from what was proposed: %(what)s, as %(target)s",
            what=kinds[self.kind],
            target=self._get_target_names()[target],
        )
        call.message_post(body=body, subtype_xmlid="mail.mt_note")

    @public_method(one=True)
    def action_dismiss(self):
        """Dismiss the point, on behalf of the user.

        :raise AccessError: the user may not edit the call
        :raise UserError: somebody has already decided
        """
        self._start_deciding()
        self._decide("dismissed", False)

    # === BUSINESS METHODS === #

    def _start_deciding(self):
        """Return the call of the point, after a check that the user may decide, and that nobody
        has yet. Nobody else can meanwhile."""
        self.check_access("read")
        call = self.outline_id.call_id
        call.check_access("write")
        # sudo: nobody writes a point, but this user decides about it
        self.sudo().lock_for_update()
        self.invalidate_recordset(["state", "decided_by_id"])
        if self.state != "open":
            raise UserError(
                self.env._(
                    "%s has already decided about this. Reload the call.",
                    self.sudo().decided_by_id.name,
                )
            )
        if call.is_private or call.is_anonymized:
            raise UserError(self.env._("Nothing can be taken over into this call any more."))
        return call

    def _decide(self, state, target):
        decided = {"decided_by_id": self.env.uid, "date_decided": fields.Datetime.now()}
        # sudo: nobody writes a point, but this user decides about it
        self.sudo().write({"state": state, "target": target} | decided)
        self.outline_id._notify_screens()

    def _find_person(self):
        """Return whom the point names: the person of the call, or a colleague by the exact name.

        :return: empty if it is nobody, or not clear
        :rtype: res.users
        """
        self.ensure_one()
        # sudo: who works here is not confidential
        call_sudo = self.sudo().outline_id.call_id
        who = (self.who or "").strip()
        if who.casefold() == "us":
            return call_sudo.user_id.sudo(False)
        users_sudo = call_sudo.env["res.users"]
        domain = [("name", "=ilike", who), ("company_ids", "in", call_sudo.company_id.ids)]
        found = users_sudo.search([*domain, ("share", "=", False)], limit=2) if who else users_sudo
        return found.sudo(False) if len(found) == 1 else users_sudo.sudo(False)

    # === AS WHAT === #

    def _get_targets(self):
        """Return as what the user may take the point over; the usual one first.

        :rtype: list[str]
        """
        self.ensure_one()
        call = self.outline_id.call_id
        if self.state != "open" or not call.can_write or call.is_private:
            return []
        own = [
            target
            for target in TARGETS[self.kind]
            if getattr(self, f"_can_be_{target}", lambda _call: True)(call)
        ]
        return own + (self._get_follow_up_targets(call) if self.kind == Kind.ACTION.value else [])

    @api.model
    def _get_follow_up_targets(self, call):
        """Return the kinds of follow-ups that the user may create."""
        return [
            kind
            for kind, follow_up in call._get_follow_ups().items()
            if kind not in WITH_DIALOG
            and self.env.user.has_group(follow_up.group)
            and self.env[follow_up.model].has_access("create")
        ]

    @api.model
    def _get_target_names(self):
        """Return what people call that as which a point is taken over.

        :rtype: dict[str, str]
        """
        call = self.env["call.call"]
        follow_ups = {
            kind: call._fields[follow_up.link]._description_string(self.env)
            for kind, follow_up in call._get_follow_ups().items()
        }
        return follow_ups | {
            "summary": self.env._("Summary"),
            "note": self.env._("Note"),
            "timesheet": self.env._("Timesheet Text"),
            "reminder": self.env._("Reminder"),
            "category": self.env._("Category"),
            "project": self.env._("Project"),
        }

    def _can_be_category(self, _call):
        return self.category_id.has_access("read") and self.category_id.active

    def _can_be_project(self, _call):
        return self.project_id.has_access("read") and self.project_id.active

    def _can_be_timesheet(self, call):
        return bool(self._get_open_lines(call))

    @api.model
    def _get_open_lines(self, call):
        """Return the timesheet lines of a call whose text the user may still change, and whose
        readers may read it.

        :rtype: account.analytic.line
        """
        if not self.env["account.analytic.line"].has_access("write"):
            return self.env["account.analytic.line"]
        return call.timesheet_ids._filtered_access("write").filtered(
            lambda line: not line.readonly_timesheet
            and call._is_shown("summary", line.project_id._is_time_read_outside())
        )

    # === TAKING OVER === #

    def _take_over_as_summary(self, call):
        call.summary = "\n".join(filter(None, (call.summary, self.text)))

    def _take_over_as_note(self, call):
        self.env["call.note"].create({"call_id": call.id, "body": Markup("<p>%s</p>") % self.text})

    def _take_over_as_timesheet(self, call):
        self._get_open_lines(call).name = self.text

    def _take_over_as_reminder(self, call):
        due = self.date_due or fields.Date.context_today(self)
        user = self._find_person() or self.env.user
        call.activity_schedule(REMINDER, date_deadline=due, summary=self.text, user_id=user.id)

    def _take_over_as_category(self, call):
        call.category_id = self.category_id

    def _take_over_as_project(self, call):
        call.project_id = self.project_id
