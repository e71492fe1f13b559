"""A server with a real speech model that speaks OpenAI's form of transcription.

It runs in the environment of the model, prints its port, and answers
``POST /v1/audio/transcriptions`` until it is stopped. Usage: server.py [KEY]

https://platform.openai.com/docs/api-reference/audio/createTranscription
"""

import email
import io
import json
import sys
import wave
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy
from moonshine_voice import ModelArch, Transcriber, get_model_path

PATH = "/v1/audio/transcriptions"
LARGEST = 25 * 1024 * 1024  # bytes, as OpenAI limits it


class Refused(Exception):
    """A request is not answered with a transcript. Its arguments: status, reason."""


class Server(HTTPServer):
    """Answers one request after the other: the model has one thread.

    :param str key: that each request must have; empty: none
    """

    def __init__(self, key):
        self.key = key
        self.model = Transcriber(str(get_model_path("tiny-en")), ModelArch.TINY)
        super().__init__(("127.0.0.1", 0), Handler)

    def transcribe(self, sound):
        """Return what is said in a sound, in OpenAI's form with all details.

        :param bytes sound: a WAV file
        """
        samples, rate = read_samples(sound)
        lines = self.model.transcribe_without_streaming(samples.tolist(), rate).lines
        segments = [
            {
                "id": number,
                "start": round(line.start_time, 2),
                "end": round(line.start_time + line.duration, 2),
                "text": line.text,
            }
            for number, line in enumerate(lines)
        ]
        return {
            "task": "transcribe",
            "language": "english",
            "duration": len(samples) / rate,
            "text": " ".join(segment["text"] for segment in segments),
            "segments": segments,
        }


def read_samples(sound):
    """Return the samples of a WAV file, from -1 to 1, of all channels together, and its rate."""
    try:
        with wave.open(io.BytesIO(sound)) as file:
            if file.getsampwidth() != 2:
                raise Refused(400, "only samples of 16 bits are understood")
            samples = numpy.frombuffer(file.readframes(file.getnframes()), "<i2")
            rate, channels = file.getframerate(), file.getnchannels()
    except (wave.Error, EOFError) as error:
        raise Refused(400, "only WAV files with PCM are understood") from error
    return samples.reshape(-1, channels).mean(axis=1) / 32768, rate


class Handler(BaseHTTPRequestHandler):
    def do_POST(self):
        try:
            kind, content = self._transcribe()
        except Refused as refusal:
            status, reason = refusal.args
            self._answer(status, "application/json", json.dumps({"error": {"message": reason}}))
        else:
            self._answer(200, kind, content)

    def _transcribe(self):
        length = int(self.headers["Content-Length"] or 0)
        if length > LARGEST:
            raise Refused(413, "the file is too large")
        body = self.rfile.read(length)
        if self.path != PATH:
            raise Refused(404, "there is nothing here")
        if self.server.key and self.headers["Authorization"] != f"Bearer {self.server.key}":
            raise Refused(401, "the key is wrong")
        form = self._read_form(body)
        if not form.get("file"):
            raise Refused(400, "'file' is required")
        return self._write(form.get("response_format", b"json"), form["file"])

    def _read_form(self, body):
        """Return the fields of a form with files, by name."""
        head = f"Content-Type: {self.headers['Content-Type']}\r\n\r\n".encode()
        message = email.message_from_bytes(head + body)
        if not message.is_multipart():
            raise Refused(400, "a form with a file is expected")
        return {
            part.get_param("name", header="Content-Disposition"): part.get_payload(decode=True)
            for part in message.get_payload()
        }

    def _write(self, answer_format, sound):
        about = self.server.transcribe(sound)
        if answer_format == b"verbose_json":
            return "application/json", json.dumps(about)
        if answer_format == b"json":
            return "application/json", json.dumps({"text": about["text"]})
        if answer_format == b"text":
            return "text/plain; charset=utf-8", about["text"] + "\n"
        raise Refused(400, "this 'response_format' is not supported")

    def _answer(self, status, kind, content):
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content.encode())))
        self.end_headers()
        self.wfile.write(content.encode())

    def log_message(self, *_arguments):
        """Do not log requests."""


if __name__ == "__main__":
    server = Server(sys.argv[1])
    print(server.server_address[1], flush=True)
    server.serve_forever()
