from odoo import fields, models


class CallCall(models.Model):
    _inherit = "call.call"

    memo_id = fields.Many2one(
        "call.test.memo",
        copy=False,
        index="btree_not_null",
        follow_up="memo",
        follow_up_group="base.group_user",
    )

    def action_create_memo(self):
        """Create a memo from the call, or open the existing one."""
        return self._open_follow_up("memo")

    def _prepare_memo_values(self):
        return {
            "name": self._get_follow_up_title(),
            "partner_id": self.partner_id.id,
            "user_id": self._get_responsible("memo").id,
        }
