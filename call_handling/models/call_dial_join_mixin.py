from datetime import timedelta

from odoo import api, fields, models
from odoo.tools import SQL

JOINED = timedelta(minutes=5)  # after the click, the call may begin so late
SAME_CALL = timedelta(minutes=1)  # a call of the same phone to the same number is the one meant


class CallDialJoinMixin(models.AbstractModel):
    """Joins clicks with the calls that come of them."""

    _name = "call.dial.join.mixin"
    _description = "Joining of Dialled Calls"

    @api.model
    def _get_pending_sql(self, pbx):
        """Whether somebody has dialled a short while ago, for a query that is made anyway."""
        return SQL(
            "EXISTS (SELECT 1 FROM call_dial WHERE pbx_id = %s AND date > %s)",
            pbx.id,
            fields.Datetime.now() - JOINED,
        )

    @api.model
    def _join(self, pbx, refs):
        """Let calls know from which record they were dialled.

        :param call.pbx pbx: the telephone system
        :param refs: its references of calls of which it has just told something
        """
        calls = self.env["call.call"].search(
            [
                ("pbx_id", "=", pbx.id),
                ("pbx_ref", "in", list(refs)),
                ("dial_id", "=", False),
                ("is_private", "=", False),
            ]
        )
        pending = [("pbx_id", "=", pbx.id), ("call_ids", "=", False)]
        dials = self.search(pending + [("date", ">", fields.Datetime.now() - JOINED)])
        for call in calls:
            told = dials.filtered(lambda dial, call=call: dial.call_ref == call.pbx_ref)
            meant = told or dials.filtered(lambda dial, call=call: dial._is_meant(call))
            if dial := meant[:1]:
                call._take_dial(dial)
                dials -= dial

    def _is_meant(self, call):
        """Whether the call is the one, as long as the telephone system's id is not known."""
        same = not self.call_ref and call.direction != "incoming"
        same = same and self.number == call.remote_number
        phones = {leg.extension.lower() for leg in call.leg_ids}
        near = abs(call.date_start - self.date) < SAME_CALL
        return same and near and self.extension.lower() in phones

    @api.model
    def _forget(self, call):
        """Forget that a call was dialled by a click, because it is private.

        :param call.call call: with its number still
        """
        same = [("pbx_id", "=", call.pbx_id.id), ("number", "=", call.remote_number)]
        same += [("user_id", "=", call.user_id.id)]
        (call.dial_id + self.search(same)).unlink()
