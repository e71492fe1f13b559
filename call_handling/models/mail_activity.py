from odoo import api, models

from ..tools import check_date


class MailActivity(models.Model):
    _inherit = "mail.activity"

    # === CONSTRAINT METHODS === #

    @api.constrains("date_deadline")
    def _check_date_of_reminder(self):
        """Check when something about a call shall be done."""
        for activity in self:
            if (activity.res_model or "").startswith("call."):
                check_date(activity, "date_deadline", activity.date_deadline)

    # === ACCESS === #

    def _check_access(self, operation):
        """Override: on calls, activities belong to those who have scheduled them, and to those who
        shall do them."""
        result = super()._check_access(operation)
        return self.env["call.call"]._forbid_changing_others(
            self, operation, result, lambda activity: activity.create_uid | activity.user_id
        )

    def _compute_res_name(self):
        """Override: the name is stored, so it cannot depend on who reads it."""
        Call = self.env["call.call"]
        of_calls = self.filtered(lambda activity: activity.res_model == Call._name)
        of_calls.res_name = Call._get_neutral_name()
        return super(MailActivity, self - of_calls)._compute_res_name()
