from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import SQL, format_date

from ...tools import public_method


class CallRecording(models.Model):
    """Recordings that are kept for ever by themselves, with their transcripts, whatever becomes of
    other calls of the contact. Administrators of calls decide it, and give a reason."""

    _name = "call.recording"
    _inherit = ["call.recording", "call.keep.mixin"]

    is_call_kept = fields.Boolean(
        string="Keep for ever",
        writable=None,
        help="Neither the recording nor its transcript is deleted because of its age, and its call "
        "is not anonymized.",
    )
    call_keep_reason = fields.Char(string="Why it is kept", writable=None)

    _kept_idx = models.Index("(call_id) WHERE is_call_kept IS TRUE")

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_keep(self, reason: str):
        """Keep the recording and its transcript for ever.

        :param str reason: for everybody who may listen, for example "Legal dispute"
        :raise AccessError: the user does not listen to it, or does not administer calls
        :raise UserError: there is nothing left to keep
        :raise ValidationError: there is no reason
        """
        self._check_deciding()
        if not self._is_there_something_to_keep():
            raise UserError(self.env._("There is nothing left of this recording to keep."))
        self._decide_keeping({"is_call_kept": True, "call_keep_reason": reason.strip()})

    @public_method(one=True)
    def action_keep_no_longer(self):
        """Keep the recording and its transcript as long as others.

        :raise AccessError: the user does not listen to it, or does not administer calls
        """
        self._check_deciding()
        self._decide_keeping({"is_call_kept": False, "call_keep_reason": False})

    # === BUSINESS METHODS === #

    def _check_deciding(self):
        self.check_access("read")
        self.call_id.check_access("read")
        self._check_may_keep({"is_call_kept"})

    def _decide_keeping(self, values):
        # sudo: nobody writes a recording, but this user decides about it
        self.sudo().write(values)
        self.call_id._notify_listeners()

    def _is_there_something_to_keep(self):
        return self.state == "here" or self.transcript_ids.state == "here"

    def _prepare_for_player(self):
        """Override: whether it is kept for ever, why, and whether the user decides that."""
        return super()._prepare_for_player() | {
            "kept": self._get_kept_label(),
            "keep_reason": self.call_keep_reason or "",
            "may_keep": self._may_keep_calls() and self._is_there_something_to_keep(),
        }

    def _get_kept_label(self):
        """Return who keeps the recording, and since when; empty if nobody does.

        :rtype: str
        """
        if not self.is_call_kept:
            return ""
        return self.env._(
            "Kept for ever by %(name)s since %(date)s",
            name=self.sudo().call_kept_by_id.name,  # sudo: who has decided is shown to all readers
            date=format_date(self.env, self.call_kept_on),
        )


class CallCall(models.Model):
    _inherit = "call.call"

    @api.model
    def _get_kept_condition(self, due):
        """Override: recordings are kept by themselves, with what belongs to them."""
        kept = super()._get_kept_condition(due)
        if not (own := _KEPT.get(due.model)):
            return kept
        return SQL("(%s OR %s)", kept, own)


def _exists(join):
    return SQL("EXISTS (SELECT FROM call_recording r WHERE r.is_call_kept IS TRUE AND %s)", join)


# Of what else a recording keeps: over the alias ``i`` of what is due
_KEPT = {
    "call.recording": SQL("i.is_call_kept IS TRUE"),
    "call.transcript": _exists(SQL("r.id = i.recording_id")),
    "call.call": _exists(SQL("r.call_id = i.id")),
}
