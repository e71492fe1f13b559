from odoo import api, fields, models, tools

CALL_PREFERENCES = [
    "call_card",
    "call_sound",
    "call_status",
    "call_push",
    "call_morning_mail",
]


class ResUsers(models.Model):
    _inherit = "res.users"

    call_card = fields.Boolean(
        string="Card for Calls",
        default=True,
        help="While your phone rings, a card in Odoo shows who calls.",
    )
    call_sound = fields.Boolean(
        string="Sound for Calls", help="Odoo rings while your phone does, if the browser allows it."
    )
    call_status = fields.Selection(
        [("available", "Available"), ("busy", "Do not disturb")],
        string="Status for Calls",
        required=True,
        default="available",
        help="Do not disturb shows no cards. Calls are logged nevertheless.",
    )
    call_morning_mail = fields.Boolean(
        string="Open Callbacks by Email",
        help="Every morning on which somebody waits to be called back, an email says how many. It "
        "names nobody.",
    )
    call_morning_mail_date = fields.Date(
        string="Last Email About Callbacks", readonly=True, copy=False
    )
    call_extension_ids = fields.One2many("call.extension", "user_id", string="Extensions")
    call_extension_label = fields.Char(
        string="Extension", compute="_compute_call_extension_label", compute_sudo=True
    )

    @property
    def SELF_READABLE_FIELDS(self):  # noqa: N802  Odoo names it so
        return (
            super().SELF_READABLE_FIELDS
            + CALL_PREFERENCES
            + ["call_extension_label", "is_push_missing"]
        )

    @property
    def SELF_WRITEABLE_FIELDS(self):  # noqa: N802  as above
        return super().SELF_WRITEABLE_FIELDS + CALL_PREFERENCES

    # === COMPUTE METHODS === #

    @api.depends("call_extension_ids.number")
    def _compute_call_extension_label(self):
        for user in self:
            user.call_extension_label = ", ".join(user.call_extension_ids.mapped("number"))

    # === ACTION METHODS === #

    def action_archive(self):
        """Override to ask who takes over the phones, own numbers and open callbacks."""
        handover = self.env["call.handover"]._prepare(self.filtered("active"))
        return handover._then_open(super().action_archive())

    # === CRUD METHODS === #

    def write(self, vals):
        """Override: who is archived gets no new calls, and nobody waits for them to call back."""
        active = vals.get("active")
        changed = self.filtered(lambda user: "active" in vals and user.active != bool(active))
        if changed and not active:
            # sudo: whoever manages users need not see who waits
            self.env["call.callback"].sudo()._search_open_of(changed)._release(changed)
        with self.env["call.extension"]._following_people("user_id", changed):
            result = super().write(vals)
        if vals.keys() & {"call_card", "active", "partner_id"}:
            self.env.registry.clear_cache()
        if vals.keys() & set(CALL_PREFERENCES):
            for user in self:
                user._bus_send("call_handling.preferences/changed", user._get_call_preferences())
        return result

    # === BUSINESS METHODS === #

    def _get_call_preferences(self):
        """Return how the user wants to be informed about calls, for the browser."""
        self.ensure_one()
        return {name: self[name] for name in CALL_PREFERENCES}

    @api.model
    @tools.ormcache()
    def _get_card_channels(self):
        """Return the channels of the users who have a phone and want cards. Cached, since every
        event needs it.

        :return: id of the partner, whose channel is the user's, by id of the user
        :rtype: dict[int, int]
        """
        # sudo: only addresses of messages
        phones_sudo = self.env["call.extension"].sudo().search([("user_id", "!=", False)])
        wishing = phones_sudo.user_id.filtered("call_card")
        return {user.id: user.partner_id.id for user in wishing if user.active}
