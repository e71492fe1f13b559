from odoo import models
from odoo.exceptions import AccessError

from ...tools import public_method
from ..audit.access_log import SAME_PLAYING
from .call_recording import FILE

LISTEN = "call_handling.group_call_recording_own"
DOWNLOAD = "call_handling.group_call_recording_download"
RECORDING_PATH = "/call_handling/recording"
NOTE_LENGTH = 80  # characters of a note beside the player


class CallRecording(models.Model):
    """The only way to the sound: for those who may read both the recording and its call, noted in
    the access log."""

    _inherit = "call.recording"

    def _open(self, is_download):
        """Return the sound for the current user, and note that in the access log.

        :param bool is_download: it is stored as a file, and not only played
        :rtype: odoo.http.Stream
        :raise AccessError: the user may not have it
        """
        self.ensure_one()
        self.check_access("read")
        self.call_id.check_access("read")
        if is_download and not self.env.user.has_group(DOWNLOAD):
            raise AccessError(
                self.env._("You may listen to recordings, but not download them. Ask an "
                           "administrator of calls for the right.")
            )  # fmt: skip
        file_sudo = self._get_files_sudo(FILE) if is_download else self._get_sound_sudo()
        if self.state != "here" or not file_sudo:
            raise AccessError(self.env._("There is no sound of this recording to listen to."))
        self._log_opening(is_download)
        return file_sudo._to_http_stream()

    def _log_opening(self, is_download):
        """Record that the current user listens or downloads. A player asks for a sound in many
        pieces: only the first one is recorded."""
        log = self.env["call.audit"]
        if is_download:
            log._log("download", self)
        elif not log._is_logged_since("listen", self, SAME_PLAYING):
            log._log("listen", self)

    # === WHAT A PLAYER SHOWS === #

    def _prepare_for_player(self):
        """Return what a player needs to know about a recording.

        :rtype: dict
        """
        self.ensure_one()
        may_download = self.env.user.has_group(DOWNLOAD)
        return {
            "id": self.id,
            "state": self.state,
            "reason": self._explain_silence() or "",
            "seconds": self.duration,
            "label": self._get_player_label(),
            "url": f"{RECORDING_PATH}/{self.id}",
            "download_url": f"{RECORDING_PATH}/{self.id}/download" if may_download else "",
            "markers": self._get_markers() if self.state == "here" else [],
        }

    def _explain_silence(self):
        """Return why there is nothing to play; empty if there is.

        :rtype: str
        """
        if self.state == "here":
            if self.is_playable or self.reason:
                return self.reason or ""
            return self.env._(
                "Browsers do not play %(codec)s. Download it, or let the telephone system record "
                "in another format.",
                codec=self.codec,
            )
        waiting = self.env._("The recording has not arrived yet.")
        return self.reason or (waiting if self.state in ("announced", "fetching") else "")

    def _get_player_label(self):
        who = self.leg_id.display_name if self.leg_id else ""
        sides = {
            "outside": self.env._("left: the other side, right: our side"),
            "inside": self.env._("left: our side, right: the other side"),
        }
        stereo = sides.get(self.first_side, "") if self.channels == 2 else ""
        return " · ".join(filter(None, (who, stereo)))

    def _get_markers(self):
        """Return where notes were written while the recording went on.

        :return: seconds from its beginning, and the beginning of the note
        :rtype: list[dict]
        """
        start = self.date_start
        found = [
            (round((note.date - start).total_seconds()), note._get_beginning(NOTE_LENGTH))
            for note in self.call_id.note_ids
            if start
        ]
        return [
            {"seconds": seconds, "text": text}
            for seconds, text in found
            if 0 <= seconds <= self.duration
        ]


class CallCall(models.Model):
    _inherit = "call.call"

    @public_method()
    def get_recordings(self):
        """Return the recordings of the calls, for players.

        :return: nothing of what the user may not listen to
        :rtype: list[dict]
        """
        self.check_access("read")
        recordings = self.env["call.recording"]
        if not recordings.has_access("read"):
            return []
        found = recordings.search([("call_id", "in", self.ids)])
        return [recording._prepare_for_player() for recording in found]
