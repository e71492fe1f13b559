import math
import struct
from contextlib import closing, contextmanager

from .common_recording import RATE, RecordingCommon
from .common_server import StandIn


def speak(seconds):
    """Return a tone as samples of PCM: somebody speaks."""
    second = b"".join(struct.pack("<h", int(8000 * math.sin(i * 0.7))) for i in range(RATE))
    count = 2 * int(seconds * RATE)
    return (second * (count // len(second) + 1))[:count]


def hush(seconds):
    return bytes(2 * int(seconds * RATE))


def make_pcm(*channels):
    """Return a file with a channel for each of the samples, all of the same length."""
    count = len(channels)
    sound = bytearray(sum(map(len, channels)))
    for place, samples in enumerate(channels):
        sound[2 * place :: 2 * count] = samples[::2]
        sound[2 * place + 1 :: 2 * count] = samples[1::2]
    head = struct.pack("<HHIIHH", 1, count, RATE, 2 * RATE * count, 2 * count, 16)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    body += b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


class SpeechServer(StandIn):
    """A server that writes transcripts.

    :ivar answers: what it answers, in order: a body, or a body and a status; a function is called
        before, with the request. Afterwards, it always answers with the last one
    :ivar requests: headers and body of each request
    """

    def __init__(self, *answers):
        self.answers, self.requests = list(answers), []
        super().__init__()

    def respond(self, request):
        self.requests.append((request.headers, request.body))
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if callable(answer):
            answer = answer(request.headers, request.body)
        content, status = answer if isinstance(answer, tuple) else (answer, 200)
        moved = {"Location": "http://127.0.0.1:1/"} if 300 <= status < 400 else {}
        return status, content, moved

    def get_values(self, place=-1):
        """Return the values of the form of a request by name."""
        _headers, body = self.requests[place]
        parts = (part.split(b"\r\n\r\n", 1) for part in body.split(b'form-data; name="')[1:])
        return {
            head.split(b'"')[0].decode(): value.split(b"\r\n--")[0].decode(errors="replace")
            for head, value in parts
        }


class TranscriptCommon(RecordingCommon):
    """Recordings are stored, and the company has a server that writes transcripts."""

    @contextmanager
    def _serving(self, *answers):
        """Let the company have a server until the ``with`` block ends."""
        with closing(SpeechServer(*answers)) as server:
            self.company.call_transcript_url = server.url
            yield server

    @classmethod
    def _get_transcript(cls, ref="r1"):
        cls.env.invalidate_all()
        return cls._recording(ref).transcript_ids

    def _write_transcripts(self):
        """Run the scheduled action; each of its commits stores what there is."""
        self._run_scheduled_action("ir_cron_transcribe")
        self.env.invalidate_all()

    @classmethod
    def _create_transcript(cls, recording, *lines):
        """Store a transcript.

        :param lines: start and end in seconds, side and text of each
        """
        transcript = cls.env["call.transcript"].create(
            {"recording_id": recording.id, "state": "here"}
        )
        cls.env["call.transcript.line"].create(
            [
                {
                    "transcript_id": transcript.id,
                    "start": start * 1000,
                    "end": end * 1000,
                    "side": side,
                    "text": text,
                }
                for start, end, side, text in lines
            ]
        )
        return transcript
