from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import hmac

from ..adapters.event import CallEvent as Event
from ..adapters.event import Direction
from ..tools import digits

SCOPE = "call_handling.private"


class CallEventMaskMixin(models.AbstractModel):
    """Takes the other side out of the events of private calls."""

    _name = "call.event.mask.mixin"
    _description = "Masking of Telephone Events"

    is_masked = fields.Boolean(readonly=True, export_string_translation=False)

    @api.model
    def _get_secret_name(self, text):
        """What stands for a text that must not be known: always the same, and of no use to
        who does not have this database's key.

        :rtype: str
        """
        return f"private:{hmac(self.env(su=True), SCOPE, text)[:40]}"

    @api.model
    def _mask(self, call):
        """Take the other side out of the events of a private call that still tell of it.

        :param call.call call: the call
        """
        if not call.pbx_id:
            return
        phones = self._get_phones_told(call)
        # by reference: events that have just come are not linked yet
        of_call = [("pbx_id", "=", call.pbx_id.id), ("call_ref", "=", call.pbx_ref)]
        for event in self.search([*of_call, ("is_masked", "=", False)], order="id"):
            # an event's own id may be a digest of what was sent
            uid = self._get_secret_name(event.uid)
            if self.search_count([("pbx_id", "=", event.pbx_id.id), ("uid", "=", uid)], limit=1):
                event.unlink()
                continue
            told = Event.from_json(event.data)
            masked = told.without_people(uid, Direction(call.direction), phones)
            event.write({"data": masked.to_json(), "raw": False, "uid": uid, "is_masked": True})

    @api.model
    def _get_phones_told(self, call):
        """Phones that may be told: of a call between colleagues, the other's is the number."""
        if call.direction != "internal":
            return None
        owners = self.env["call.extension"]._get_owners(call.pbx_id.id)
        return {phone for phone, user_id in owners.items() if user_id == call.user_id.id}

    @api.model
    def _bury(self, call):
        """Delete the events of a call, and see to it that later ones are not taken for a new
        call. Nothing but a keyed digest of the call's reference is kept for that, for a while.
        """
        pbx = call.pbx_id
        if not pbx:
            return
        self.search([("pbx_id", "=", pbx.id), ("call_ref", "=", call.pbx_ref)]).unlink()
        name = self._get_secret_name(call.pbx_ref)
        if not self.search_count([("pbx_id", "=", pbx.id), ("uid", "=", name)], limit=1):
            self.create({"pbx_id": pbx.id, "uid": name, "call_ref": name, "is_masked": True})

    @api.model
    def _drop(self, pbx, refs):
        """Delete the events of calls that are buried."""
        if refs:
            self.search([("pbx_id", "=", pbx.id), ("call_ref", "in", list(refs))]).unlink()

    @api.model
    def _forget_failed(self, call):
        """Delete messages that were not understood if they name the number of a call."""
        number = digits(call.remote_number or "")
        if len(number) < 5:
            return
        domain = Domain("pbx_id", "=", call.pbx_id.id) & Domain("state", "=", "failed")
        domain &= Domain("call_ref", "=", False)
        # in whatever way it is written: the end is the same
        self.search(domain).filtered(lambda e: number[-7:] in digits(e.raw or "")).unlink()
