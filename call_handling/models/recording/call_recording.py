from odoo import api, fields, models
from odoo.exceptions import AccessError

from ...adapters.recording import Format, Side
from ...tools import ReasonField

PENDING = ("announced", "fetching")
STATES = [
    ("announced", "Announced"),
    ("fetching", "Arriving"),
    ("here", "Here"),
    ("failed", "Failed"),
    ("refused", "Refused"),
    ("expired", "Expired"),
    ("deleted", "Deleted"),
]
FILE, PART, CONVERTED = "file", "part", "converted"  # fields of which the files are attachments


class CallRecording(models.Model):
    """A recording of a call: that there is one, and, once it has arrived, its sound.

    Its key is the telephone system and that system's id of it. It may come before its call or
    long after it. Only the app writes it, and whoever may read it may listen to it; see
    :mod:`.listening` for the only way to the sound.
    """

    _name = "call.recording"
    _description = "Recording of a Call"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "date_start, id"
    _rec_name = "date_start"

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, ondelete="cascade"
    )
    ref = fields.Char(string="Reference", required=True)
    call_ref = fields.Char(string="Reference of the Call", required=True)
    leg_ref = fields.Char(string="Reference of the Phone")
    call_id = fields.Many2one("call.call", index="btree_not_null", ondelete="cascade")
    leg_id = fields.Many2one("call.leg", string="Phone", compute="_compute_leg_id")
    reported_start = fields.Datetime(help="When it began, if the telephone system says so.")
    date_start = fields.Datetime(
        string="Recorded At", help="When it began or, if that is not known, the conversation."
    )
    duration = fields.Integer(string="Length", unit="seconds")
    sound_format = fields.Selection(
        [(kind.value, kind.name) for kind in Format], string="Format of the File"
    )
    codec = fields.Char(string="Stored As")
    channels = fields.Integer(aggregator=None)
    first_side = fields.Selection(
        [(Side.OUTSIDE.value, "The other side"), (Side.INSIDE.value, "Our side")],
        string="First Channel",
        help="Who is heard on the first of two channels.",
    )
    is_leg_first = fields.Boolean(
        export_string_translation=False,
        help="Technical: the first of two channels is what comes from the party that was recorded.",
    )
    is_requested = fields.Boolean(
        string="Requested", help="Somebody has asked for it during the call."
    )
    size = fields.Integer(string="Size in Bytes", aggregator=None)
    received = fields.Integer(string="Bytes Received", aggregator=None)
    state = fields.Selection(STATES, required=True, default="announced")
    reason = ReasonField(help="Why there is no sound to listen to.")
    is_playable = fields.Boolean(string="Browsers Play It")
    # The field is the address of the file, and closes all ways to it that Odoo has.
    file = fields.Binary(attachment=True, copy=False, groups=fields.NO_ACCESS)
    part = fields.Binary(
        string="Part of the File", attachment=True, copy=False, groups=fields.NO_ACCESS
    )

    _ref_uniq = models.UniqueIndex("(pbx_id, ref)", "This recording is already stored.")
    _call_ref_idx = models.Index("(pbx_id, call_ref)")
    _here_idx = models.Index("(call_id, date_start) WHERE state = 'here'")
    _pending_idx = models.Index("(write_date) WHERE state IN ('announced', 'fetching')")

    # === COMPUTE METHODS === #

    @api.depends("leg_ref", "call_id.leg_ids.leg_ref")
    def _compute_leg_id(self):
        for recording in self:
            recording.leg_id = recording.call_id.leg_ids.filtered(
                lambda leg, ref=recording.leg_ref: ref and leg.leg_ref == ref
            )[:1]

    # === FILES === #

    def _get_files_sudo(self, *names):
        """Return the files of the recordings.

        :param names: of the fields that they belong to
        :return: the oldest first
        :rtype: ir.attachment
        """
        # sudo: nobody may read these fields
        return (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_field", "in", names),
                    ("res_id", "in", self.ids),
                ],
                order="id",
            )
        )

    def _remove_files(self):
        """Delete the sound of the recordings, whether or not it is complete."""
        self._get_files_sudo(FILE, PART, CONVERTED).unlink()

    def _end(self, state, reason):
        """Delete the sound of the recordings for good. That there was one remains known, so that
        it is not accepted again.

        :param str state: one of :data:`STATES`
        :param str reason: for people
        """
        self._remove_files()
        self.write(
            {"state": state, "reason": reason, "received": 0, "size": 0, "is_playable": False}
        )
        self._notify_screens()

    def _notify_screens(self):
        """Inform cards and lists that there is something else to listen to."""
        if calls := self.call_id:
            calls._notify_owners()
            calls._notify_lists()
            calls._notify_listeners()


class CallCall(models.Model):
    _inherit = "call.call"

    recording_ids = fields.One2many(
        "call.recording",
        "call_id",
        string="Recordings",
        groups="call_handling.group_call_recording_own",
    )
    recording_state = fields.Selection(
        [("pending", "Recording arrives"), ("here", "Recorded"), ("gone", "No recording")],
        string="Recording",
        compute="_compute_recording_state",
        compute_sudo=True,
        store=True,
        card="content",
    )

    _recorded_idx = models.Index("(date_start DESC, id DESC) WHERE recording_state = 'here'")

    @api.depends("recording_ids.state")
    def _compute_recording_state(self):
        for call in self:
            states = set(call.recording_ids.mapped("state"))
            if "here" in states:
                call.recording_state = "here"
            elif states & set(PENDING):
                call.recording_state = "pending"
            else:
                call.recording_state = "gone" if states else False


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _check_access(self, operation):
        """Override: nobody gets at the file of a recording, nor changes it, not even
        administrators of Odoo, who may read the files of all fields otherwise. The app gives it
        out itself."""
        result = super()._check_access(operation)
        if self.env.su:
            return result
        remaining = self - result[0] if result else self
        # sudo: what it belongs to decides
        ours = remaining.sudo().filtered(lambda file: file.res_model == "call.recording")
        if not ours:
            return result
        forbidden = ours.sudo(False) + (result[0] if result else self.browse())
        return forbidden, result[1] if result else self._make_error_about_recordings

    @api.model
    def _make_error_about_recordings(self):
        return AccessError(
            self.env._("Recordings are listened to on the form of their call, and nowhere else.")
        )
