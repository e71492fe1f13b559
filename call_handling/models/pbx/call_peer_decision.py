from odoo import fields, models
from odoo.tools import SQL

from ...adapters.peers import PeerReason


class CallPeerDecision(models.Model):
    """What was decided about a device, when, and by whom."""

    _name = "call.peer.decision"
    _description = "Decision About a Phone or Trunk"
    _inherit = ["call.cached.mixin", "call.guard.mixin"]
    _order = "date desc, id desc"
    _rec_name = "kind"

    peer_id = fields.Many2one("call.peer", required=True, index=True, ondelete="cascade")
    date = fields.Datetime(string="Since", required=True, default=fields.Datetime.now)
    kind = fields.Selection([("trunk", "Trunk"), ("phone", "Phone")], required=True)
    extension = fields.Char(help="Of the phone. The person is that of the extension.")
    is_extension = fields.Boolean(help="It was entered as an extension.")
    user_id = fields.Many2one(
        "res.users", string="Person", index=True, ondelete="set null", when_left="kept"
    )
    employee_id = fields.Many2one("hr.employee", index=True, ondelete="set null", when_left="kept")
    decided_by_id = fields.Many2one("res.users", ondelete="set null", when_left="kept")
    reason = fields.Selection(PeerReason.choices())

    # === BUSINESS METHODS === #

    def _get_content(self):
        """Return what was decided; of none, a value that no decision has."""
        owner = self.user_id.id, self.employee_id.id
        return (self.kind, self.extension, *owner, self.is_extension)

    def _complete_calls(self):
        """Mark the calls that these decisions complete, and have them completed. In SQL: a trunk
        may be part of thousands of them."""
        if not self:
            return
        self.env.flush_all()
        owned = self.filtered(lambda decision: decision.user_id or decision.employee_id)
        self.env.cr.execute(
            SQL(
                """
                UPDATE call_call
                   SET is_to_complete = TRUE
                 WHERE id IN (
                        SELECT call_id
                          FROM call_call_unknown_peer_rel
                         WHERE peer_id = ANY(%(peers)s)
                         UNION
                        SELECT l.call_id
                          FROM call_leg l
                          JOIN call_call c ON c.id = l.call_id
                         WHERE c.pbx_id = ANY(%(systems)s)
                           AND lower(l.extension) = ANY(%(phones)s)
                           AND l.user_id IS NULL
                           AND l.employee_id IS NULL
                       )
                   AND is_private IS NOT TRUE
                """,
                peers=self.peer_id.ids,
                systems=owned.peer_id.pbx_id.ids,
                phones=[(extension or "").lower() for extension in owned.mapped("extension")],
            )
        )
        if self.env.cr.rowcount:
            self.env["call.call"].invalidate_model(["is_to_complete"], flush=False)
            self.env["call.call"]._trigger_completion()
