from datetime import timedelta

from odoo import Command, api, fields, models
from odoo.exceptions import UserError

from ..adapters.event import masked_number
from .call_fact import QUIET

# What is left of a private call: when it was, how long, and whose.
EMPTIED = (
    "remote_name",
    "partner_id",
    "line_id",
    "line_number",
    "queue",
    "employee_id",
    "department_id",
    "category_id",
    "project_id",
    "task_id",
    "summary",
    "by_hand",
    "reported",
    "rule_marks",
    "rule_makes",
    "work_error",
    "is_blocked",
    "is_work_due",
    "res_model",
    "res_id",
)


class CallPrivateMixin(models.AbstractModel):
    """Private calls: nobody's business but the person's.

    A private call is taken out of all further processing. Other addons that keep something of
    calls in places of their own override :meth:`_forget_conversation` or, where it was made
    of the call, :meth:`_undo_work`.
    """

    _name = "call.private.mixin"
    _description = "Private Calls"

    is_private = fields.Boolean(string="Private", readonly=True, copy=False)
    can_make_private = fields.Boolean(compute="_compute_can_make_private")

    # === COMPUTE METHODS === #

    @api.depends("is_private", "user_id", "state", "date_end", "company_id.call_private_hours")
    @api.depends_context("uid")
    def _compute_can_make_private(self):
        for call in self:
            own = call.user_id == self.env.user and not call.is_private
            call.can_make_private = own and not call._is_private_too_late()

    def _is_private_too_late(self):
        self.ensure_one()
        hours = self.sudo().company_id.call_private_hours
        ended = self.state == "ended" and self.date_end
        return ended and ended + timedelta(hours=hours) < fields.Datetime.now()

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        if not self.env.su and any(vals.get("is_private") for vals in vals_list):
            raise UserError(self.env._("Log the call first, then make it private."))
        return super().create(vals_list)

    def write(self, vals):
        if not self.env.su and self.filtered("is_private"):
            raise UserError(self.env._("A private call carries nothing. It cannot be changed."))
        if not self.env.su and "is_private" in vals:
            raise UserError(self.env._("Press the button Private on the call."))
        return super().write(vals)

    # === ACTION METHODS === #

    def action_make_private(self):
        """The person says that the call is private.

        :raise UserError: it is somebody else's, it is too late, or something that was made of
            the call cannot be undone
        """
        for call in self:
            call._check_make_private()
            call._take_out()
        return self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action_my")

    def action_forget_private(self):
        """The person wants nothing to be left of a private call."""
        for call in self:
            if not call.is_private or call.user_id != self.env.user:
                raise UserError(self.env._("Only private calls of your own can be forgotten."))
            # sudo: people may not delete calls, but their private ones are theirs
            call.sudo()._erase()
        return self.env["ir.actions.act_window"]._for_xml_id(
            "call_handling.call_call_action_private"
        )

    def _check_make_private(self):
        self.ensure_one()
        if self.user_id != self.env.user:
            raise UserError(self.env._("Only the person of the call can say that it is private."))
        if self._is_private_too_late():
            raise UserError(
                self.env._(
                    "A call can be made private until %(hours)g hours after its end. That is past.",
                    hours=self.sudo().company_id.call_private_hours,
                )
            )

    def message_post(self, **kwargs):
        """Override of `mail`: nobody writes about a private call."""
        if self.filtered("is_private"):
            raise UserError(self.env._("A private call carries nothing. Write it elsewhere."))
        return super().message_post(**kwargs)

    # === BUSINESS METHODS === #

    def _take_out_if_private(self, pbx, state):
        """Take the call out if its number, its contact or the way it was dialled tells that it
        is private.

        :param call.pbx pbx: the telephone system
        :param adapters.fold.CallState state: all that happened
        :return: what is left of the call
        :rtype: call.call
        """
        self.ensure_one()
        owner_id = self._get_private_owner(pbx, state)
        if owner_id is None:
            return self
        if owner_id and not self.user_id:
            self.user_id = owner_id
        return self._take_out_by_itself()

    def _get_private_owner(self, pbx, state):
        """Whose private call it is. On the way of every event: cheap.

        :return: id of the user, ``False`` if nobody is known; ``None`` if it is not private
        :rtype: int | bool | None
        """
        if prefix := pbx._get_kept(pbx.id).private_prefix:
            dialled = state.remote_number or ""
            if state.direction == "outgoing" and dialled.startswith(prefix):
                return self.user_id.id
        if self.partner_id.id in self.env["res.partner"]._get_private_ids():
            return self.user_id.id
        owners = self.env["call.private.number"]._get_owners_of(self.remote_number)
        if not owners:
            return None
        phones = self.env["call.extension"]._get_owners(pbx.id)
        present = {phones.get(leg.extension.lower()) for leg in state.legs} | {self.user_id.id}
        return next(iter(sorted(owners & present)), None)

    def _take_out_by_itself(self):
        """Like :meth:`_take_out`; what stands in the way is told on the call."""
        try:
            return self._take_out()
        except UserError as error:
            self.sudo().with_context(**QUIET).write({"work_error": str(error)})
            return self

    def _take_out(self):
        """Take the call out of all further processing, as its company wants it.

        :return: what is left of the call
        :rtype: call.call
        :raise UserError: something that was made of the call cannot be undone
        """
        self.ensure_one()
        # sudo: it is complete, whatever the person may see of it
        call_sudo = self.sudo().with_context(**QUIET)
        call_sudo._check_undo_work()
        call_sudo._undo_work()
        call_sudo._forget_conversation()
        self.env["call.intake"]._tell_screens()
        mode = call_sudo.company_id.call_private_mode
        if mode == "keep":
            call_sudo._empty()
            return self
        if mode == "count":
            self.env["call.private.count"]._count(call_sudo)
        call_sudo._erase()
        return self.browse()

    def _forget_conversation(self):
        """Delete what people have said and written about the call, and its phones."""
        self.ensure_one()
        self._tell_user(self.leg_ids.user_id, "closed")
        self.env["call.dial"]._forget(self)
        about = [("model", "=", self._name), ("res_id", "=", self.id)]
        of_record = [("res_model", "=", self._name), ("res_id", "=", self.id)]
        self.env["call.callback"]._let_go(self)
        self.note_ids.unlink()
        # with those that are done
        activities = self.env["mail.activity"].with_context(active_test=False)
        activities.search(of_record).unlink()
        self.env["mail.message"].search(about).unlink()
        # with those of its fields, such as a recording
        self.env["ir.attachment"].search([*of_record, ("id", "!=", False)]).unlink()
        self.env["mail.followers"].search(of_record).unlink()
        self.leg_ids.unlink()

    def _empty(self):
        """Leave only when the call was, how long and whose; nothing of the other side."""
        self.ensure_one()
        events = self.env["call.event"]
        events._forget_failed(self)
        values = dict.fromkeys(EMPTIED, False) | {
            "is_private": True,
            "remote_number": masked_number(self.remote_number),
            "match": "none",
            "candidate_ids": [Command.clear()],
        }
        events._mask(self)
        self.write(values)

    def _erase(self):
        """Leave nothing of the call, also of what its telephone system tells later."""
        self.ensure_one()
        events = self.env["call.event"]
        events._forget_failed(self)
        events._bury(self)
        self.unlink()
