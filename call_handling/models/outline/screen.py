from odoo import api, fields, models
from odoo.tools import format_date

from ...adapters.summarizing import Kind
from ...tools import public_method

LISTEN = "call_handling.group_call_recording_own"


class CallOutlinePoint(models.Model):
    _inherit = "call.outline.point"

    def _prepare_for_screen(self):
        """Return what the form of the call shows of a point.

        :rtype: dict
        """
        self.ensure_one()
        names = self._get_target_names()
        return {
            "id": self.id,
            "kind": self.kind,
            "label": dict(self._fields["kind"]._description_selection(self.env))[self.kind],
            "text": self._get_shown_text(),
            "details": self._get_details(),
            "state": self.state,
            "decision": self._get_decision(),
            "targets": [{"id": target, "name": names[target]} for target in self._get_targets()],
            "may_dismiss": self.state == "open" and self.outline_id.call_id.can_write,
        }

    def _get_shown_text(self):
        """Return what is proposed; nothing that the user may not read elsewhere.

        :rtype: str
        """
        if self.kind not in (Kind.CATEGORY.value, Kind.PROJECT.value):
            return self.text or ""
        record = self.category_id or self.project_id
        return record.display_name if record.has_access("read") else ""

    def _get_details(self):
        """Return who does it, and until when.

        :rtype: str
        """
        date = self.date_due
        until = self.env._("until %s", format_date(self.env, date)) if date else ""
        return " · ".join(filter(None, (self._get_person_label(), until)))

    def _get_person_label(self):
        known = {"us": self.env._("our side"), "caller": self.env._("the other side")}
        who = self.who or ""
        return known.get(who.casefold(), who)

    def _get_decision(self):
        """Return who has decided what, for people.

        :rtype: str
        """
        name = self.sudo().decided_by_id.name  # sudo: who has decided is shown to whoever reads it
        if self.state == "dismissed":
            return self.env._("Dismissed by %s", name)
        if self.state == "taken":
            target = self._get_target_names().get(self.target, "")
            return self.env._("Taken over as %(target)s by %(who)s", target=target, who=name)
        return ""


class CallCall(models.Model):
    """The proposals on the form of a call."""

    _inherit = "call.call"

    outline_state = fields.Selection(
        [
            ("possible", "Can be asked for"),
            ("waiting", "Waiting"),
            ("here", "Here"),
            ("failed", "Failed"),
        ],
        string="Proposals From the Conversation",
        compute="_compute_outline_state",
        groups=LISTEN,
    )

    # === COMPUTE METHODS === #

    @api.depends("outline_ids.state", "is_private", "is_recording_refused", "state")
    @api.depends_context("uid", "allowed_company_ids")
    def _compute_outline_state(self):
        readable = self.env["call.outline"].search([("call_id", "in", self.ids)])
        states = {outline.call_id.id: outline.state for outline in readable}
        for call in self:
            call.outline_state = states.get(call.id) or call._may_request_outline() and "possible"

    def _may_request_outline(self):
        """Return whether the user is offered to ask for proposals.

        :rtype: bool
        """
        # sudo: where calls are sent is for administrators
        call_sudo = self.sudo()
        if (
            not self.id
            or call_sudo.outline_ids
            or not call_sudo._may_be_outlined()
            or not self.can_write
        ):
            return False
        return bool(call_sudo.with_user(self.env.user)._get_outline_text()[0])

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_request_outline(self):
        """Ask for proposals about the call, or ask again."""
        self._request_outline()

    @public_method(one=True)
    def get_outline(self):
        """Return what is proposed about the call, for its form.

        :return: nothing of what the user may not read
        :rtype: dict
        """
        self.check_access("read")
        outlines = self.env["call.outline"]
        found = outlines.has_access("read") and outlines.search([("call_id", "=", self.id)])
        if not found:
            return {"state": False, "reason": "", "is_from_notes": False, "points": []}
        points = found.point_ids.filtered(lambda point: point._get_shown_text())
        return {
            "state": found.state,
            "reason": found.reason or "",
            "is_from_notes": found.is_from_notes,
            "can_request": self.can_write and self.sudo()._may_be_outlined(),
            "points": [point._prepare_for_screen() for point in points],
        }
