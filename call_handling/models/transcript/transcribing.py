import logging
import re
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import config

from ...adapters.endpoint import Bounds, EndpointError, File, Trouble
from ...adapters.transcription import Transcriber
from ...tools import explain_trouble, log_failure
from ...tools.pieces import cut, read_wave
from ...tools.sound import HEAD, MIMETYPES, read_sound
from .call_transcript import PENDING

_logger = logging.getLogger(__name__)

CRON = "call_handling.ir_cron_transcribe"
# After an attempt without success: until the next one
PAUSES = [
    *(timedelta(minutes=minutes) for minutes in (2, 10, 30)),
    *(timedelta(hours=hours) for hours in (2, 6, 12, 24)),
]
SECONDS = 90  # for a piece
SECONDS_WHOLE = 600  # for a file that is sent as a whole, if workers may take so long
RESERVE = 20  # seconds of a worker's time for everything else
BATCH = 20  # transcripts of one run


class CallTranscript(models.Model):
    """Has transcripts written by the server of the company.

    A scheduled action sends one piece of a recording after the other. What is said in a piece, and
    that it is done, is stored in one transaction, so nothing comes twice and nothing is lost when
    the server is stopped: it goes on with the piece that was not done. Nothing is locked while the
    server works, and afterwards it is decided again whether there may be a transcript at all.
    """

    _inherit = "call.transcript"

    channel = fields.Integer(aggregator=None, help="Which channel is being written, from 0.")
    position = fields.Integer(
        aggregator=None, help="How many samples of the channel have been written."
    )
    attempts = fields.Integer(aggregator=None)
    date_due = fields.Datetime(string="Next Attempt")

    _failed_idx = models.Index("(id) WHERE state = 'failed'")
    _due_idx = models.Index("(date_due) WHERE date_due IS NOT NULL")

    # === PLANNING === #

    @api.model
    def _plan(self, recordings):
        """Have transcripts written of recordings that are here, as far as the company wants it.

        :param call.recording recordings: in the environment of the app
        :return: the transcripts
        :rtype: call.transcript
        """
        wanted = recordings.filtered(
            lambda recording: not recording.transcript_ids and recording._may_be_transcribed()
        )
        transcripts = self.create([{"recording_id": recording.id} for recording in wanted])
        transcripts._start()
        return transcripts

    def _start(self):
        """Begin, or go on after what has failed."""
        now = fields.Datetime.now()
        for transcript in self:
            transcript.write(
                {
                    "state": "waiting",
                    "reason": False,
                    "attempts": 0,
                    "date_due": now,
                    "language": transcript._find_language(),
                }
            )
        if self:
            self._trigger(now)
            self.call_id._notify_listeners()

    @api.model
    def _get_failed_domain(self, company):
        return [("state", "=", "failed"), ("call_id.company_id", "=", company.id)]

    @api.model
    def _trigger(self, date):
        # not env.ref(): it queries the database
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON)
        # sudo: transcripts are written whatever the user may see
        self.env["ir.cron"].sudo().browse(cron_id)._trigger(date)

    def _find_language(self):
        """Return the language of the call: that of the own number, else that of the contact.

        :return: ISO 639-1 code; ``False`` if it is not known
        """
        call = self.recording_id.call_id
        found = call.line_id.speech_lang or call.partner_id.lang or ""
        return re.split("[_@]", found)[0] or False

    def _make_prompt(self):
        """Return names and numbers that may be said, by which the server spells them.

        :rtype: str
        """
        call = self.call_id
        partner = call.partner_id
        names = [
            partner.name,
            partner.commercial_partner_id.name,
            call.company_id.name,
            call.number_label,
        ]
        return ", ".join(dict.fromkeys(filter(None, names)))

    # === CRON METHODS === #

    @api.model
    def _cron_transcribe(self):
        """Write the transcripts that are due. A copy of the database sends nothing."""
        if self.env["call.pbx"]._is_database_copy():
            return
        due = self.search([("date_due", "<=", fields.Datetime.now())], order="date_due, id")
        cron = self.env["ir.cron"]
        cron._commit_progress(remaining=len(due))
        for transcript in due[:BATCH]:
            try:
                if transcript.exists() and transcript.try_lock_for_update():
                    transcript._write_pieces()
            except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
                self.env.cr.rollback()  # the next attempt is planned
            if not cron._commit_progress(1):
                break

    # === WRITING === #

    def _write_pieces(self):
        """Have the transcript written, until it is complete, time is over, or something fails."""
        cron = self.env["ir.cron"]
        data, server = b"", None
        while True:
            if not self._begin_piece():
                return
            data = data or self.recording_id._get_sound_sudo().raw or b""
            company = self.call_id.company_id
            server = server or Transcriber(company._get_transcript_endpoint(), Bounds(SECONDS))
            task = self._find_task(data)
            place = (self.channel, self.position)
            language, prompt = self.language or "", self._make_prompt()
            # nothing is locked from here on, and somebody else begins only when time is over
            seconds_left = cron._commit_progress()
            error, said = None, []
            if task and task.file:
                error, said = self._ask(server, task, language, prompt)
            if not self._is_still_wanted(place):
                return
            if error:
                self._note_failure(error)
                return
            self._store(task, said)
            if self.state == "here":
                return
            if not seconds_left:
                self._trigger(self.date_due)
                return

    def _begin_piece(self):
        """Plan the attempt after this one, if there may be a transcript at all.

        :rtype: bool
        """
        if not self.recording_id._may_be_transcribed():
            self._give_up()
            return False
        if self.attempts >= len(PAUSES):
            self._fail(self.reason or explain_trouble(self.env, EndpointError(Trouble.SLOW)))
            return False
        due = fields.Datetime.now() + timedelta(seconds=SECONDS_WHOLE) + PAUSES[self.attempts]
        self.write({"state": "working", "attempts": self.attempts + 1, "date_due": due})
        self._trigger(due)
        return True

    def _find_task(self, data):
        """Return what is sent next.

        :param bytes data: the file of the recording
        :rtype: Task | None
        """
        wave = read_wave(data)
        if not wave:
            return None if self.position else _send_whole(data, self.recording_id.duration)
        piece = cut(wave, self.channel, self.position)
        while not piece and self.channel + 1 < wave.channels:
            self.write({"channel": self.channel + 1, "position": 0})
            piece = cut(wave, self.channel, self.position)
        return piece and _send_piece(piece, wave.channels)

    def _ask(self, server, task, language, prompt):
        """Return why the server has not answered, and what was said."""
        server.bounds = Bounds(task.seconds)
        try:
            return None, server.transcribe(task.file, task.length, language, prompt)
        except EndpointError as error:
            return error, []
        except Exception as caught:
            log_failure(_logger, f"Transcript {self.id} cannot be written", caught)
            return EndpointError(Trouble.REFUSED, type(caught).__name__), []

    def _is_still_wanted(self, place):
        """Return whether what was said is stored, as of now: much may have happened meanwhile.

        :param tuple place: channel and position of what was sent
        """
        self.env.invalidate_all()
        if not self.exists().try_lock_for_update():
            return False  # the next attempt is planned
        if not self.recording_id._may_be_transcribed():
            self._give_up()
            return False
        return self.state in PENDING and (self.channel, self.position) == place

    def _store(self, task, said):
        """Store what was said in a piece, and that it is done."""
        if not task:
            self.write({"state": "here", "reason": False, "date_due": False, "attempts": 0})
            self._finish()
            return
        side = self._get_side(task.channel)
        self.env["call.transcript.line"].create(
            [
                {
                    "transcript_id": self.id,
                    "start": task.start + one.start,
                    "end": task.start + one.end,
                    "side": side,
                    "text": one.text,
                }
                for one in said
            ]
        )
        now = fields.Datetime.now()
        self.write({"position": task.end, "attempts": 0, "reason": False, "date_due": now})
        self.call_id._notify_listeners()

    def _get_side(self, channel):
        """Return who is heard on a channel.

        :param channel: from 0; ``None`` if both sides are heard on it
        """
        first = self.recording_id.first_side
        if channel is None or not first:
            return "unknown"
        other = {"outside": "inside", "inside": "outside"}[first]
        return other if channel else first

    def _finish(self):
        """Inform screens that the transcript is complete. Override for what follows from it."""
        self.recording_id._notify_screens()

    # === FAILURES === #

    def _note_failure(self, error):
        """Plan another attempt, or note for good why there is no transcript."""
        reason = explain_trouble(self.env, error)
        if error.is_final or self.attempts >= len(PAUSES):
            self._fail(reason)
            return
        asked = timedelta(seconds=error.wait)
        due = fields.Datetime.now() + max(PAUSES[self.attempts - 1], asked)
        self.write({"reason": reason, "date_due": due})
        self.call_id._notify_listeners()
        self._trigger(due)

    def _fail(self, reason):
        self.write({"state": "failed", "reason": reason, "date_due": False})
        self.recording_id._notify_screens()

    def _give_up(self):
        """Let go of a transcript that may not be written any more. What is complete remains."""
        calls = self.call_id
        self.filtered(lambda transcript: transcript.state != "here").unlink()
        calls._notify_listeners()


class Task(NamedTuple):
    """What is sent to the server in one request.

    :param file: ``None`` if nobody speaks
    :param channel: on which it is heard; ``None`` if both sides are
    :param start: milliseconds from the beginning of the recording
    :param length: in milliseconds
    :param end: the position after it
    :param seconds: how long the server may take
    """

    file: File | None
    channel: int | None
    start: int
    length: int
    end: int
    seconds: float


def _send_piece(piece, channels):
    file = None if piece.is_silent else File("piece.wav", "audio/wav", piece.write_wav())
    channel = piece.channel if channels > 1 else None
    return Task(file, channel, piece.start_ms, piece.length_ms, piece.end, SECONDS)


def _send_whole(data, duration):
    sound = read_sound(data[:HEAD], len(data))
    kind = sound.format if sound else "wav"
    file = File(f"recording.{kind}", MIMETYPES[kind], data)
    # where it is not known how long it is, the server says so
    length = 1000 * ((sound and sound.seconds) or duration or 86400)
    return Task(file, None, 0, length, max(1, len(data)), _get_seconds_for_whole())


def _get_seconds_for_whole():
    """Return how long a server may take for a whole file: a scheduled action that takes longer than
    Odoo's settings allow is stopped."""
    limit = config["limit_time_real_cron"]
    limit = config["limit_time_real"] if limit < 0 else limit
    return max(SECONDS, min(SECONDS_WHOLE, limit - RESERVE)) if limit else SECONDS_WHOLE


class CallRecording(models.Model):
    _inherit = "call.recording"

    def _let_in(self):
        """Override: what has arrived is written down."""
        was_here = self.state == "here"
        result = super()._let_in()
        if self.state == "here" and not was_here:
            self.env["call.transcript"]._plan(self)
        return result

    def _convert(self):
        """Override: what browsers play since now can be sent."""
        result = super()._convert()
        self.env["call.transcript"]._plan(self)
        return result

    def _may_be_transcribed(self):
        """Return whether the recording may be sent to the server of the company, as of now.

        :rtype: bool
        """
        call = self.call_id
        company = call.company_id
        return bool(
            self.state == "here"
            and self.is_playable
            and call
            and not (call.is_private or call.is_anonymized or call.is_recording_refused)
            and company._has_transcripts()
            and not self._is_excluded_from_transcripts()
        )

    def _is_excluded_from_transcripts(self):
        """Return whether the call is that of a department without transcripts."""
        return self.call_id._is_excluded_from_transcripts()
