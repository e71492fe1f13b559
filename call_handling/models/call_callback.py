from odoo import api, fields, models
from odoo.exceptions import UserError

from ..tools import readable


class CallCallback(models.Model):
    """A number that called in vain and waits to be called back, however often it called."""

    _name = "call.callback"
    _description = "Call Back"
    _inherit = ["call.callback.follow.mixin"]
    _order = "date_first, id"
    _rec_name = "number"
    _rec_names_search = ["number", "partner_id"]

    number = fields.Char(required=True, readonly=True)
    number_label = fields.Char(string="Number, Readable", compute="_compute_number_label")
    remote_label = fields.Char(string="Who", compute="_compute_remote_label")
    company_id = fields.Many2one("res.company", required=True, index=True, readonly=True)
    call_ids = fields.One2many("call.call", "callback_id", string="Missed Calls", readonly=True)
    missed_count = fields.Integer(string="Times", compute="_compute_from_calls", store=True)
    date_first = fields.Datetime(string="Waits Since", compute="_compute_from_calls", store=True)
    date_last = fields.Datetime(string="Last Tried", compute="_compute_from_calls", store=True)
    partner_id = fields.Many2one(
        "res.partner",
        string="Contact",
        compute="_compute_from_calls",
        store=True,
        index="btree_not_null",
    )
    line_id = fields.Many2one(
        "call.line", compute="_compute_from_calls", store=True, index="btree_not_null"
    )
    department_id = fields.Many2one(
        "hr.department", compute="_compute_from_calls", store=True, index="btree_not_null"
    )
    date_due = fields.Datetime(string="Due", compute="_compute_date_due", store=True)
    user_ids = fields.Many2many(
        "res.users",
        string="People",
        compute="_compute_user_ids",
        store=True,
        readonly=False,
        domain="[('share', '=', False)]",
        help="Who is to call back.",
    )
    state = fields.Selection(
        [("open", "To call back"), ("done", "Called back"), ("dropped", "Closed by hand")],
        required=True,
        default="open",
        readonly=True,
        index=True,
    )
    done_call_id = fields.Many2one("call.call", string="Spoke In", readonly=True, index=True)
    done_user_id = fields.Many2one("res.users", string="Closed By", readonly=True)
    date_done = fields.Datetime(string="Closed", readonly=True)
    wait_seconds = fields.Integer(
        string="Time Until Answered",
        compute="_compute_wait_seconds",
        store=True,
        aggregator="avg",
    )
    reason = fields.Char(readonly=True)

    _open_uniq = models.UniqueIndex(
        "(number, company_id) WHERE state = 'open'", "This number waits already."
    )

    # === COMPUTE METHODS === #

    @api.depends("number")
    def _compute_number_label(self):
        for callback in self:
            callback.number_label = readable(callback.number or "")

    @api.depends("partner_id", "number", "call_ids.remote_name")
    def _compute_remote_label(self):
        for callback in self:
            # sudo: a missed call may have reached others; its name is the caller's
            names = callback.sudo().call_ids.mapped("remote_name")
            name = next((name for name in names if name), False)
            callback.remote_label = (
                callback.partner_id.display_name or name or callback.number_label
            )

    @api.depends("remote_label")
    def _compute_display_name(self):
        for callback in self:
            callback.display_name = callback.remote_label

    @api.depends(
        "call_ids.date_start", "call_ids.partner_id", "call_ids.line_id", "call_ids.department_id"
    )
    def _compute_from_calls(self):
        for callback in self:
            calls = callback.call_ids.sorted("date_start")
            if not calls and callback.date_first:
                continue  # closed since, and its calls are gone: it keeps what it was
            callback.missed_count = len(calls)
            callback.date_first = calls[:1].date_start
            callback.date_last = calls[-1:].date_start
            callback.partner_id = calls[-1:].partner_id
            callback.line_id = calls[-1:].line_id
            callback.department_id = calls[-1:].department_id

    @api.depends("date_first", "line_id")
    def _compute_date_due(self):
        for callback in self:
            hours = callback.company_id.call_callback_hours
            callback.date_due = callback.date_first and callback.line_id._plan(
                hours, callback.date_first
            )

    @api.depends("line_id", "partner_id")
    def _compute_user_ids(self):
        for callback in self:
            people = self.env["res.users"].browse(
                self.env["call.line"]._get_people().get(callback.line_id.id, ())
            )
            seller = (
                callback.partner_id.user_id or callback.partner_id.commercial_partner_id.user_id
            )
            if seller and (not people or seller in people):
                people = seller
            calls = callback.call_ids
            callback.user_ids = people or calls.user_id or calls.leg_ids.user_id

    @api.depends("state", "date_done", "date_first")
    def _compute_wait_seconds(self):
        for callback in self:
            answered = callback.state == "done" and callback.date_done and callback.date_first
            waited = callback.date_done - callback.date_first if answered else None
            callback.wait_seconds = max(0, int(waited.total_seconds())) if waited else 0

    # === ACTION METHODS === #

    def action_take(self):
        """The user is the one who calls back."""
        self.check_access("read")
        # sudo: whoever sees that somebody waits may take it
        self.sudo().user_ids = self.env.user

    def action_close(self):
        """Open the dialog that asks why nobody has to call back."""
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Nobody Has to Call Back"),
            "res_model": "call.callback.close",
            "view_mode": "form",
            "target": "new",
            "context": {"default_callback_ids": self.ids},
        }

    def action_reopen(self):
        """It was closed too early."""
        self.check_access("read")
        for callback_sudo in self.sudo():
            if callback_sudo._search_open(callback_sudo.number, callback_sudo.company_id):
                raise UserError(self.env._("The number waits already, because it called again."))
            callback_sudo.write(
                {"state": "open", "reason": False, "date_done": False, "done_user_id": False}
                | {"done_call_id": False}
            )

    def action_view_calls(self):
        """The unanswered calls of the number."""
        self.ensure_one()
        action = self.env["ir.actions.act_window"]._for_xml_id("call_handling.call_call_action")
        return action | {"domain": [("callback_id", "=", self.id)]}

    # === BUSINESS METHODS === #

    def _drop(self, reason):
        """Nobody has to call back.

        :param str reason: why
        """
        self.check_access("read")
        # sudo: whoever sees that somebody waits may close it, with a reason
        self.filtered(lambda callback: callback.state == "open").sudo().write(
            {
                "state": "dropped",
                "reason": reason,
                "date_done": fields.Datetime.now(),
                "done_user_id": self.env.uid,
            }
        )
