from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ...tools import ADMIN, DEPARTMENT, NO_CHATTER

PERSON_FIELDS = frozenset({"user_id", "employee_id", "department_id"})
LONGEST = timedelta(days=7)


class CallCall(models.Model):
    """Who may do what with a call beyond writing about it.

    A permission never derives from what its subject may write: not from the person, the employee
    or the times of the call, but from what the telephone system reported or, of a call logged by
    hand, from who has logged it, and when.
    """

    _inherit = "call.call"

    reported_user_id = fields.Many2one(
        "res.users",
        string="Person as Reported",
        readonly=True,
        copy=False,
        ondelete="restrict",
        when_private="keep",
        export_string_translation=False,
        help="Who spoke or, if nobody did, whose call it was, as it follows from what the "
        "telephone system reported. People cannot change it.",
        when_left="kept",
        when_anonymized="keep",
    )
    can_assign = fields.Boolean(compute="_compute_can_assign")
    can_edit_facts = fields.Boolean(compute="_compute_can_edit_facts")

    # === COMPUTE METHODS === #

    @api.depends("reported_user_id", "pbx_id", "state", "date_answer")
    @api.depends_context("uid")
    def _compute_can_assign(self):
        is_lead = self.env.user.has_group(DEPARTMENT)
        for call in self:
            nobody_spoke = call.state == "ended" and not call.date_answer
            own = not call.id or call._get_holder() == self.env.user
            call.can_assign = is_lead or own or nobody_spoke

    @api.depends("pbx_id", "is_anonymized")
    @api.depends_context("uid")
    def _compute_can_edit_facts(self):
        is_admin = self.env.user.has_group(ADMIN)
        for call in self:
            own = not call.id or call.create_uid == self.env.user
            call.can_edit_facts = not call.pbx_id and not call.is_anonymized and (own or is_admin)

    # === BUSINESS METHODS === #

    def _get_holder(self):
        """Return whose call it is as far as permissions are concerned.

        :return: may be empty
        :rtype: res.users
        """
        self.ensure_one()
        return self.reported_user_id if self.pbx_id else self.create_uid

    def _decides_private(self, user):
        """Return whether what a user enters about contacts while the call runs may make it
        private: it then vanishes for everybody else.

        :param res.users user: has entered it
        :rtype: bool
        """
        self.ensure_one()
        is_admin = user._is_superuser() or user.has_group(ADMIN)
        return is_admin or user == self._get_holder()

    def _get_reported_end(self):
        """Return when the call ended, whatever people have corrected; of a call logged by hand,
        when it was logged.

        :return: naive UTC; ``False`` if it is not known
        :rtype: datetime | Literal[False]
        """
        self.ensure_one()
        if not self.pbx_id:
            return self.create_date
        reported = self.reported_values or {}
        return fields.Datetime.to_datetime(reported.get("date_end", self.date_end)) or False

    def _give_to(self, user):
        """Let a call that is about to become private be of this user: nobody else shall see what
        remains of it, whoever it was assigned to."""
        self.ensure_one()
        if self.user_id != user:
            # sudo: the user need not be allowed to assign calls
            self.sudo().with_context(**NO_CHATTER).user_id = user

    def _return_to_holder(self):
        """Give a call that becomes private automatically back to the person whom the telephone
        system has reported, if it was assigned to somebody else."""
        self.ensure_one()
        if self.reported_user_id and "user_id" in (self.manual_fields or ()):
            self._give_to(self.reported_user_id)

    def _check_assign(self, vals):
        """Check that the current user may say whose call it is.

        :param dict vals: to be written
        :raise UserError: somebody else has spoken
        """
        if self.env.su:
            return
        for call in self:
            changed = {n for n in PERSON_FIELDS & vals.keys() if not call._is_same(n, vals[n])}
            own = call._get_holder() == self.env.user
            # whose department it is decides which leads see it
            is_moved = "department_id" in changed and not (
                own or self.env.user.has_group(DEPARTMENT)
            )
            if changed and (is_moved or not call.can_assign):
                raise UserError(
                    self.env._(
                        "Somebody else has answered this call. Only that person, or the lead of a "
                        "department, can assign it to other people."
                    )
                )

    def _check_edit_facts(self):
        """Check that the current user may change what was logged by hand.

        :raise UserError: somebody else has logged it
        """
        self.ensure_one()
        if not self.can_edit_facts:
            raise UserError(
                self.env._(
                    "%s has logged this call. Only that person, or an administrator of calls, can "
                    "change when it was, how long and with which number.",
                    self.create_uid.sudo().name,
                )
            )

    @api.model
    def _check_times(self, vals):
        """Check the times that people enter.

        :param dict vals: values of a call
        :raise UserError: such a call cannot have taken place
        """
        if "date_start" in vals and not vals["date_start"]:
            raise UserError(self.env._("Enter when the call began."))
        seconds = vals.get("talk_seconds") or 0
        is_number = isinstance(seconds, (int, float))
        if not is_number or not 0 <= seconds <= LONGEST.total_seconds():
            raise UserError(self.env._("Check the duration: it must be between 0 and 7 days."))
