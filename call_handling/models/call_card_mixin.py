from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

MESSAGE = "call_handling.card/changed"
RUNNING = ("ringing", "ongoing")
# What a card shows of a call besides the facts: another screen of the same person follows.
SHOWN_ON_CARD = frozenset({"partner_id", "is_private", "summary", "category_id", "project_id"})
LATEST = timedelta(hours=12)  # a call that began before is on no card
KEPT = timedelta(hours=1)  # after the end: a card that nobody has closed comes back so long


class CallCardMixin(models.AbstractModel):
    """The card that people see while a call rings, while they talk, and while they write
    down what it was about.

    Screens are told that something has happened, not what: each asks for what its user may
    see. So the message costs the telephone system's event next to nothing.
    """

    _name = "call.card.mixin"
    _description = "Cards of Calls"
    _inherit = ["call.card.content.mixin", "call.card.entry.mixin"]

    # === CRUD METHODS === #

    def write(self, vals):
        result = super().write(vals)
        by_event = self.env.context.get("call_handling_automatic")
        if vals.keys() & SHOWN_ON_CARD and not by_event:
            self._tell_owners()
        return result

    # === ACTION METHODS === #

    @api.model
    def get_cards(self, call_ids=None):
        """The cards of the present user.

        :param list call_ids: only those of these calls, also when they are over
        :rtype: list[dict]
        """
        asked = Domain("call_id", "in", call_ids) if call_ids else self._get_open_domain()
        domain = asked & Domain("user_id", "=", self.env.uid) & Domain("card_closed", "=", False)
        calls = self.env["call.leg"].search(domain, order="id").call_id
        return [call._get_card_data() for call in calls if call._shows_card()]

    def action_close_card(self):
        """Take the card from all screens of the present user."""
        self.check_access("read")
        legs = self.leg_ids.filtered(lambda leg: leg.user_id == self.env.user)
        # sudo: what phones did is written by the intake; only the own card is closed here
        legs.sudo().card_closed = True
        self._tell_user(self.env.user, "closed")

    def action_open_card(self):
        """Show the card again that was closed."""
        self.check_access("read")
        legs = self.leg_ids.filtered(lambda leg: leg.user_id == self.env.user)
        # sudo: as above
        legs.sudo().card_closed = False
        self._tell_user(self.env.user, "opened")

    # === BUSINESS METHODS === #

    def _shows_card(self):
        """Whether people may be told of the call while it rings. On the way of every event,
        so it is to be known without asking the database. Override to hide more.

        :rtype: bool
        """
        self.ensure_one()
        return self._is_processed()

    @api.model
    def _get_open_domain(self):
        """Phones whose owner is called or speaks, or has spoken a short while ago."""
        now = fields.Datetime.now()
        spoken = Domain("date_end", ">", now - KEPT) & Domain("date_answer", "!=", False)
        running = Domain("date_end", "=", False) & Domain("call_id.state", "in", RUNNING)
        return Domain("create_date", ">", now - LATEST) & (running | spoken)

    def _get_phone_state(self, leg):
        """How far the call is on one phone.

        :param leg: `call.leg` or `adapters.fold.LegState`
        """
        if leg.date_end:
            return "ended"
        # The own phone of somebody who calls is the one that speaks.
        speaks = leg.date_answer or (self.direction == "outgoing" and self.state == "ongoing")
        return "ongoing" if speaks else "ringing"

    def _tell_people(self, legs, touched):
        """Tell those whose phone has begun or ceased to do something.

        :param legs: all phones of the call, each an `adapters.fold.LegState`
        :param set touched: references of those of which something is new
        """
        self.ensure_one()
        if not self._shows_card():
            return
        owners = self.env["call.extension"]._get_owners(self.pbx_id.id)
        states = {}
        for leg in legs:
            user_id = owners.get(leg.extension.lower())
            if user_id and (leg.ref in touched or not leg.date_end):
                states.setdefault(user_id, set()).add(self._get_phone_state(leg))
        channels = self.env["res.users"]._get_card_channels()
        for user_id in states.keys() & channels.keys():
            alive = states[user_id] - {"ended"}
            self._send_card(channels[user_id], min(alive, default="ended"))

    def _tell_owners(self):
        """Somebody has changed what the card shows."""
        recent = fields.Datetime.now() - LATEST
        for call in self:
            if call.pbx_id and call.date_start > recent:
                state = "changed" if call._shows_card() else "closed"
                # sudo: whoever else has the card follows, whatever rights the writer has
                call._tell_user(call.sudo().leg_ids.user_id, state)

    def _tell_user(self, users, state):
        channels = self.env["res.users"]._get_card_channels()
        for call in self:
            for user in users.filtered(lambda user: user.id in channels):
                call._send_card(channels[user.id], state)

    def _send_card(self, partner_id, state):
        """Send it where :meth:`bus_listener_mixin._bus_send` of the user would, without
        reading the user on the way of an event."""
        message = {"call_id": self.id, "state": state}
        if screen := self.env.context.get("call_handling_screen"):
            message["screen"] = screen
        self.env["res.partner"].browse(partner_id)._bus_send(MESSAGE, message)
