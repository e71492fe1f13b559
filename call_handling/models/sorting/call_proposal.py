from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.fields import Domain

from ...adapters.numbering import same_numbers
from ...tools import OWN, public_method
from ...tools.client_actions import display_notification

CLOSE = {"type": "ir.actions.act_window_close"}


class CallProposal(models.Model):
    """What somebody wants to be true for all calls of a number, but may not decide.

    It has no effect until somebody who may has confirmed it.
    """

    _name = "call.proposal"
    _description = "Proposal About a Number"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "id desc"
    _rec_name = "number"

    kind = fields.Selection(
        [("unwanted", "Unwanted number"), ("remember", "Number of the contact")],
        string="Proposal",
        required=True,
        readonly=True,
    )
    number = fields.Char(required=True, readonly=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        readonly=True,
        index="btree_not_null",
        ondelete="cascade",
    )
    call_id = fields.Many2one(
        "call.call",
        required=True,
        readonly=True,
        index=True,
        ondelete="cascade",
        groups=OWN,
    )
    state = fields.Selection(
        [("open", "To Decide"), ("confirmed", "Confirmed"), ("refused", "Refused")],
        required=True,
        readonly=True,
        default="open",
        index=True,
    )
    create_uid = fields.Many2one("res.users", string="Proposed By", readonly=True)
    create_date = fields.Datetime(string="Proposed On", readonly=True)
    decided_by_id = fields.Many2one(
        "res.users", readonly=True, ondelete="restrict", when_left="kept"
    )
    date_decided = fields.Datetime(string="Decided On", readonly=True)
    is_reported = fields.Boolean(
        string="Reported by a Telephone System",
        readonly=True,
        help="A telephone system has reported the number of the call. Otherwise a person has "
        "entered it.",
    )
    can_decide = fields.Boolean(compute="_compute_can_decide")

    # === COMPUTE METHODS === #

    @api.depends("state", "kind", "partner_id")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        for proposal in self:
            proposal.can_decide = proposal.state == "open" and proposal._may_decide()

    # === ACTION METHODS === #

    @public_method()
    def action_confirm(self):
        """Let the proposals take effect.

        :raise AccessError: the user may not decide one of them
        """
        for proposal in self._start_deciding():
            proposal._take_effect()
            proposal._close("confirmed")

    @public_method()
    def action_refuse(self):
        """Refuse the proposals: nothing changes.

        :raise AccessError: the user may not decide one of them
        """
        for proposal in self._start_deciding():
            proposal._close("refused")

    # === BUSINESS METHODS === #

    @api.model
    def _propose(self, kind, call, partner=None):
        """Propose what the user may not decide. The same is not proposed twice at a time.

        :param str kind: of the proposal
        :param call.call call: what it is about
        :param res.partner partner: whose number it is
        :rtype: call.proposal
        """
        # sudo: proposals are not edited, and may be those of colleagues
        return self._find_open(kind, call, partner)[:1] or self.sudo().create(
            {
                "kind": kind,
                "call_id": call.id,
                "number": call.remote_number,
                "partner_id": partner.id if partner else False,
                "is_reported": call._is_number_reported(),
            }
        )

    @api.model
    def _find_open(self, kind, call, partner=None):
        """Return the open proposals of the same.

        :param str kind: of the proposals
        :param call.call call: one with the number
        :param res.partner partner: whose number it is
        :rtype: call.proposal
        """
        domain = Domain("kind", "=", kind) & Domain("state", "=", "open")
        domain &= Domain("number", "in", same_numbers(call.remote_number))
        domain &= Domain("call_id.company_id", "=", call.company_id.id)
        domain &= Domain("partner_id", "=", partner.id if partner else False)
        # sudo: they may be those of colleagues
        return self.sudo().search(domain)

    def _get_notification(self):
        """Return the action that says who decides."""
        self.ensure_one()
        texts = {
            "unwanted": self.env._(
                "Proposed. The number is unwanted as soon as a lead of a department or an "
                "administrator of calls has confirmed it."
            ),
            "remember": self.env._(
                "Set for this call. It holds for all calls of the number as soon as somebody who "
                "may edit the contact has confirmed it."
            ),
        }
        return display_notification(texts[self.kind], "info", then=CLOSE)

    @api.model
    def _count_to_decide(self):
        """Return how many proposals wait for the user.

        :rtype: int
        """
        kinds = [
            kind
            for kind, may in (
                ("unwanted", self.env["call.block"]._may_decide()),
                ("remember", self.env["call.number"].has_access("create")),
            )
            if may
        ]
        return self.search_count([("state", "=", "open"), ("kind", "in", kinds)]) if kinds else 0

    def _may_decide(self):
        self.ensure_one()
        if self.kind == "unwanted":
            return self.env["call.block"]._may_decide()
        return self.env["call.number"]._may_decide(self.partner_id)

    def _start_deciding(self):
        """Return those that are still open, after a check that the user may decide them."""
        self.check_access("read")
        self.lock_for_update()
        open_ones = self.filtered(lambda proposal: proposal.state == "open")
        for proposal in open_ones:
            if not proposal._may_decide():
                raise AccessError(
                    self.env._("You may not decide that. Ask a lead or an administrator of calls.")
                    if proposal.kind == "unwanted"
                    else self.env._("You may not edit this contact. Ask somebody who may.")
                )
        return open_ones

    def _take_effect(self):
        # sudo: who decides about the contact need not see the call
        call_sudo = self.sudo().call_id
        if self.kind == "unwanted":
            self.env["call.block"]._block(self.number, call_sudo.company_id, call_sudo)
        else:
            self.env["call.number"]._remember(self.number, self.partner_id.id, call_sudo)

    def _close(self, state):
        # sudo: proposals are decided, not edited
        self.sudo().write(
            {
                "state": state,
                "decided_by_id": self.env.uid,
                "date_decided": fields.Datetime.now(),
            }
        )
