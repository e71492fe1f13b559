from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ...adapters.reasons import Reason, Why
from ...tools import gsm
from ...tools.sound import MIMETYPES
from .arriving import MAX_SIZE
from .call_recording import CONVERTED, FILE

CRON = "call_handling.ir_cron_convert_recordings"
MAX_SECONDS = MAX_SIZE // gsm.RATE  # what is made of it is as long as a recording may be
BATCH = 20  # files of one run


class CallRecording(models.Model):
    """Lets browsers play recordings with GSM, if the library for it is installed.

    A scheduled action does it, so that neither an upload nor an event waits for it. What was sent
    remains, and is what people download.
    """

    _inherit = "call.recording"

    converted = fields.Binary(
        string="What Browsers Play", attachment=True, copy=False, groups=fields.NO_ACCESS
    )

    _convert_idx = models.Index(
        "(id) WHERE state = 'here' AND is_playable IS NOT TRUE AND codec = 'GSM'"
    )

    def _let_in(self):
        """Override: what browsers do not play is converted."""
        result = super()._let_in()
        if gsm.can_decode() and self.filtered_domain(self._get_to_convert_domain()):
            # sudo: it is converted whoever or whatever has sent it
            self.env.ref(CRON).sudo()._trigger()
        return result

    @api.model
    def _get_to_convert_domain(self):
        return [
            ("state", "=", "here"),
            ("is_playable", "=", False),
            ("codec", "=", "GSM"),
            ("duration", "<=", MAX_SECONDS),
            ("reason", "=", False),
        ]

    # === CRON METHODS === #

    @api.model
    def _cron_convert(self):
        """Convert what has come, and once the library is installed, what was there before."""
        if not gsm.can_decode():
            return
        found = self.search(self._get_to_convert_domain(), order="id desc")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(found))
        for recording in found[:BATCH]:
            try:
                if recording.exists() and recording.try_lock_for_update():
                    recording._convert()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()  # it remains to be done
            if not cron._commit_progress(1):
                break

    def _convert(self):
        """Store what browsers play beside the file, or why there is none."""
        self.ensure_one()
        try:
            data = gsm.decode(self._get_files_sudo(FILE).raw or b"", self.sound_format)
        except gsm.NotDecoded:
            self.reason = Reason(Why.FILE_DAMAGED)
            return
        file = self._prepare_file_values(CONVERTED) | {"mimetype": MIMETYPES["wav"], "raw": data}
        # sudo: nobody may write this field
        self.env["ir.attachment"].sudo().create(file | {"name": f"recording-{self.id}.wav"})
        self.is_playable = True
        self._notify_screens()

    # === FILES === #

    def _get_sound_sudo(self):
        """Return the file of the recording that browsers play, or the one that was sent.

        :rtype: ir.attachment
        """
        return self._get_files_sudo(CONVERTED) or self._get_files_sudo(FILE)
