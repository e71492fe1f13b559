from odoo import api, fields, models

from ...tools import ADMIN, public_method

NAMED = 3  # unknown devices that a warning names; the others are counted


class CallPbx(models.Model):
    """The devices of a telephone system that nobody knows."""

    _inherit = "call.pbx"

    unknown_peer_ids = fields.One2many(
        "call.peer",
        "pbx_id",
        string="Unknown Phones and Trunks",
        domain=[("kind", "=", "undecided")],
        groups=ADMIN,
    )
    unknown_peer_label = fields.Char(
        string="Unknown Phones or Trunks That Have Rung",
        compute="_compute_unknown_peer_label",
        groups=ADMIN,
    )

    # === COMPUTE METHODS === #

    @api.depends("unknown_peer_ids.is_heard")
    @api.depends_context("lang")
    def _compute_unknown_peer_label(self):
        for pbx in self:
            names = pbx.unknown_peer_ids.filtered("is_heard").mapped("name")
            shown = ", ".join(names[:NAMED])
            if more := len(names[NAMED:]):
                shown = self.env._("%(names)s and %(count)s more", names=shown, count=more)
            pbx.unknown_peer_label = shown or False

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_view_peers(self):
        """Open all phones and trunks of this telephone system."""
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_peer_action")
        return action | {"domain": [("pbx_id", "=", self.id)], "context": {}}

    @public_method()
    def action_view_unknown_peers(self):
        """Open the phones and trunks about which nothing is decided."""
        return self.action_view_peers() | {"context": {"search_default_undecided": 1}}
