from odoo import Command, api, fields, models
from odoo.fields import Domain

from ..tools import public_method


class CallHandover(models.TransientModel):
    """Asks who takes over the phones, own numbers and open callbacks of people who leave.

    Whatever is not handed over remains entered for them, and is nobody's while they are archived.
    Calls that come before the handover are nobody's too, and handed over with the rest.
    """

    _name = "call.handover"
    _description = "Hand Over Calls"

    line_ids = fields.One2many("call.handover.line", "handover_id", string="To Hand Over")
    successor_id = fields.Many2one(
        "res.users",
        string="Who Takes Over",
        domain="[('share', '=', False)]",
        help="It is entered for everything below, where you can change it.",
    )

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_apply(self):
        """Hand over what has a new owner."""
        for line in self.line_ids:
            line._hand_over()
        return {"type": "ir.actions.act_window_close"}

    # === BUSINESS METHODS === #

    @api.model
    def _prepare(self, users, employees=None):
        """Note what people have who are about to leave. Call it before they are archived.

        :param res.users users: who leave
        :param hr.employee employees: who leave, if they are not the users'
        :return: empty if there is nothing to hand over, or the user may not do it
        :rtype: call.handover
        """
        if not self.has_access("create"):
            return self.browse()
        values = self.env["call.handover.line"]._prepare_all_values(
            users, employees or self.env["hr.employee"]
        )
        if not values:
            return self.browse()
        return self.create({"line_ids": [Command.create(line) for line in values]})

    @api.model
    def _prepare_for_employees(self, employees):
        """Note what employees have who are about to leave, unless they remain in another company.

        :param hr.employee employees: who leave
        :rtype: call.handover
        """
        # sudo: where else somebody works
        staying_sudo = employees.user_id.sudo().employee_ids - employees.sudo()
        return self._prepare(employees.user_id - staying_sudo.user_id, employees)

    def _then_open(self, action):
        """Return the action that asks, after what is shown anyway.

        :param action: what the button would return otherwise
        """
        if not self:
            return action
        dialog = {
            "type": "ir.actions.act_window",
            "name": self.env._("Who Takes Over the Calls?"),
            "res_model": self._name,
            "res_id": self.id,
            "views": [(False, "form")],
            "target": "new",
        }
        if not action or action.get("type") == "ir.actions.act_window_close":
            return dialog
        if action.get("tag") == "display_notification":
            return action | {"params": action["params"] | {"next": dialog}}
        return action


class CallHandoverLine(models.TransientModel):
    """Something that is handed over: a phone, an own number, or the open callbacks of a person."""

    _name = "call.handover.line"
    _description = "What Is Handed Over"

    handover_id = fields.Many2one("call.handover", required=True, index=True, ondelete="cascade")
    name = fields.Char(string="What", readonly=True)
    owner = fields.Char(string="So Far", readonly=True)
    user_id = fields.Many2one("res.users", string="Leaving User", readonly=True)
    extension_id = fields.Many2one("call.extension", readonly=True, ondelete="cascade")
    line_id = fields.Many2one("call.line", string="Own Number", readonly=True, ondelete="cascade")
    callback_ids = fields.Many2many("call.callback", string="Callbacks", readonly=True)
    new_user_id = fields.Many2one(
        "res.users",
        string="From Now On",
        compute="_compute_new_user_id",
        store=True,
        readonly=False,
        domain="[('share', '=', False)]",
    )
    new_employee_id = fields.Many2one("hr.employee", string="Employee Without User")

    # === COMPUTE METHODS === #

    @api.depends("handover_id.successor_id")
    def _compute_new_user_id(self):
        for line in self:
            line.new_user_id = line.handover_id.successor_id

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_all_values(self, users, employees):
        """Return the values of everything that these people have.

        :param res.users users: who leave
        :param hr.employee employees: who leave
        :rtype: list[dict]
        """
        return [
            *self._prepare_extension_values(users, employees),
            *self._prepare_number_values(users),
            *self._prepare_callback_values(users),
        ]

    @api.model
    def _prepare_extension_values(self, users, employees):
        domain = ["|", ("user_id", "in", users.ids), ("employee_id", "in", employees.ids)]
        return [
            {
                "name": self.env._(
                    "Extension %(number)s (%(system)s)",
                    number=extension.number,
                    system=extension.pbx_id.name,
                ),
                # sudo: the name of a colleague is not confidential
                "owner": extension.user_id.name or extension.employee_id.sudo().name,
                "user_id": extension.user_id.id,
                "extension_id": extension.id,
            }
            for extension in self.env["call.extension"].search(domain)
        ]

    @api.model
    def _prepare_number_values(self, users):
        return [
            {
                "name": self.env._("Own number: %s", line.display_name),
                "owner": user.name,
                "user_id": user.id,
                "line_id": line.id,
            }
            for user in users
            for line in self.env["call.line"].search([("user_ids", "in", user.ids)])
        ]

    @api.model
    def _prepare_callback_values(self, users):
        callbacks = {user: self.env["call.callback"]._search_open_of(user) for user in users}
        return [
            {
                "name": self.env._("Open callbacks: %s", len(open_callbacks)),
                "owner": user.name,
                "user_id": user.id,
                "callback_ids": [Command.set(open_callbacks.ids)],
            }
            for user, open_callbacks in callbacks.items()
            if open_callbacks
        ]

    def _hand_over(self):
        """Enter the new owner. Without one, everything remains as it is."""
        self.ensure_one()
        user, employee = self.new_user_id, self.new_employee_id
        if self.extension_id and (user or employee):
            user = user or employee.user_id
            self.extension_id._hand_over(user, employee)
        elif user:
            people = {"user_ids": [Command.unlink(self.user_id.id), Command.link(user.id)]}
            # people who are archived are among those to unlink
            self.line_id.with_context(active_test=False).write(people)
            waiting = self.callback_ids.filtered(lambda callback: callback.state == "open")
            waiting.with_context(active_test=False).write(people)
        if user:
            self._search_waiting_since().user_ids = user

    def _search_waiting_since(self):
        """Return the open callbacks of nobody that have come since the person left: over the phone,
        or the own number.

        :rtype: call.callback
        """
        domain = Domain("state", "=", "open") & Domain("user_ids", "=", False)
        domain &= Domain("create_date", ">=", self.handover_id.create_date)
        if self.line_id:
            return self.env["call.callback"].search(
                domain & Domain("line_id", "=", self.line_id.id)
            )
        if self.extension_id:
            of_phone = Domain("call_ids.pbx_id", "=", self.extension_id.pbx_id.id)
            of_phone &= Domain("call_ids.leg_ids.extension", "=ilike", self.extension_id.number)
            return self.env["call.callback"].search(domain & of_phone)
        return self.env["call.callback"]
