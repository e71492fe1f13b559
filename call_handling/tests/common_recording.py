import hashlib
import struct
import time

from odoo import Command
from odoo.tests import new_test_user

from ..adapters.signature import SIGNATURE_HEADER, TIMESTAMP_HEADER, sign
from ..adapters.uploading import CONTENT_HEADER, Upload, describe_upload
from ..models.pbx.access import WEBHOOK_PATH
from .common import SECRET, TOKEN, CallCommon

RATE = 8000


def make_wav(seconds=2, *, kind=7, channels=1, filling=b"\xd5"):
    """Return a file as telephone systems write it.

    :param int kind: the format tag: 1 PCM, 6 and 7 G.711, 49 GSM
    :param bytes filling: what the sound is made of
    """
    width = 2 if kind == 1 else 1
    rate = 1625 if kind == 49 else RATE * channels * width
    sound = (filling * (int(seconds * rate) // len(filling) + 1))[: int(seconds * rate)]
    head = struct.pack("<HHIIHH", kind, channels, RATE, rate, channels * width, 8 * width)
    body = b"WAVEfmt " + struct.pack("<I", len(head)) + head
    body += b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


class RecordingCommon(CallCommon):
    """The company stores recordings of all calls, and the team lead listens to them."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.rule = cls.env["call.recording.rule"].create(
            {"mode": "all", "company_id": cls.company.id}
        )

    @classmethod
    def _let_listen(cls, user, scope="own", download=False):
        groups = [f"call_handling.group_call_recording_{scope}"]
        groups += ["call_handling.group_call_recording_download"] if download else []
        user.group_ids = [Command.link(cls.env.ref(group).id) for group in groups]
        return user

    @classmethod
    def _create_listener(cls, login, groups):
        return new_test_user(
            cls.env,
            login=login,
            groups=f"base.group_user,{groups}",
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    @classmethod
    def _announce(cls, call="c1", ref="r1", **values):
        """Send the event that there is a recording, as the telephone system does."""
        event = {"call": call, "event": "recording", "at": "2026-11-23T10:01:05Z"}
        cls._send_events(event | {"recording": {"id": ref} | values})
        return cls._recording(ref)

    @classmethod
    def _recording(cls, ref="r1"):
        cls.env.invalidate_all()
        return cls.env["call.recording"].search([("pbx_id", "=", cls.pbx.id), ("ref", "=", ref)])

    @classmethod
    def _upload(cls, call="c1", ref="r1", sound=None, **values):
        """Store a file as the route does, in one part."""
        sound = make_wav() if sound is None else sound
        upload = Upload(ref, call, 0, len(sound), False, sound)._replace(**values)
        answer = cls.env["call.recording"]._receive(cls.pbx, cls.pbx._get_adapter(), upload)
        cls.env.invalidate_all()
        return answer

    @classmethod
    def _record(cls, ref="c1", **values):
        """Log a call with a recording, and return both."""
        call = cls._log_call(ref, **values)
        cls._upload(ref, f"r-{ref}")
        return call, cls._recording(f"r-{ref}")

    @classmethod
    def _get_files(cls, recordings=None):
        """Return the files of recordings, in whatever field; of all if none are given."""
        domain = [("res_model", "=", "call.recording"), ("res_field", "!=", False)]
        domain += [("res_id", "in", recordings.ids)] if recordings is not None else []
        return cls.env["ir.attachment"].search(domain)


class UploadCommon:
    """Requests about the files of recordings, as a telephone system sends them."""

    def _request(self, method, query, data=b"", *, secret=SECRET, token=TOKEN, **headers):
        timestamp = headers.pop("timestamp", str(int(time.time())))
        content = headers.pop("digest", hashlib.sha256(data).hexdigest())
        signed = describe_upload(method, headers.pop("signed_query", query), content)
        all_headers = {"Content-Type": "application/octet-stream", CONTENT_HEADER: content}
        if secret:
            all_headers[TIMESTAMP_HEADER] = timestamp
            all_headers[SIGNATURE_HEADER] = sign(secret, timestamp, signed)
        return self.url_open(
            f"{WEBHOOK_PATH}/{token}/recording?{query}",
            data=data if method == "PUT" else None,
            headers=all_headers | headers,
            method=method,
        )

    def _put(self, data, *, ref="r1", call="c1", offset=0, size=None, more="", **options):
        size = len(data) if size is None else size
        query = f"id={ref}&offset={offset}&size={size}" + (f"&call={call}" if call else "") + more
        return self._request("PUT", query, data, **options)

    def _ask(self, ref="r1", **options):
        return self._request("GET", f"id={ref}", **options)
