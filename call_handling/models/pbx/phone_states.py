from odoo import models


class CallExtension(models.Model):
    """Whether a phone rings or is in use, as colleagues see it."""

    _inherit = "call.extension"

    def _get_states(self):
        """Return the state of phones: ``ringing`` or ``talking``. Phones of which nothing is known
        are left out: that no call is open does not mean that somebody is free.

        :return: by id of the extension
        :rtype: dict[int, str]
        """
        legs = self.env["call.leg"].search(
            [
                ("call_id.state", "!=", "ended"),
                ("call_id.pbx_id", "in", self.pbx_id.ids),
                ("date_end", "=", False),
                ("extension", "in", self.mapped("number")),
            ]
        )
        states = {}
        for leg in legs.sorted("date_answer"):
            phone = self.filtered(
                lambda phone, leg=leg: (phone.pbx_id, phone.number.lower())
                == (leg.call_id.pbx_id, leg.extension.lower())
            )
            if phone and states.get(phone.id) != "talking":
                states[phone.id] = "talking" if leg.date_answer else "ringing"
        return states
