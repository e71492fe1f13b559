"""Runs in Odoo's shell for ``pictures.py``: prepares the demo database."""
# ruff: noqa: F821

import base64
import io
import math
import struct
import wave

from dateutil.relativedelta import TH, relativedelta

from odoo import Command, fields

RATE = 8000  # samples per second
SECONDS = 42

Lang = env["res.lang"]
missing = [code for code in ("de_DE", "ar_001") if not Lang._get_data(code=code)]
for code in missing:
    Lang._activate_lang(code)
installed = env["ir.module.module"].search([("state", "=", "installed")])
if missing:
    installed._update_translations(missing)
app = installed.filtered(lambda module: module.name == "call_handling")
app._update_translations(["de_DE"], overwrite=True)

admin = env.ref("base.user_admin")
groups = ("group_call_handling_admin", "group_call_data_protection", "group_call_recording_all")
admin.group_ids = [Command.link(env.ref(f"call_handling.{group}").id) for group in groups]

answered = [("outcome", "=", "answered"), ("partner_id", "!=", False), ("summary", "!=", False)]
call = env["call.call"].search([*answered, ("is_private", "=", False)], limit=1)
sound = io.BytesIO()
with wave.open(sound, "wb") as file:
    file.setparams((1, 2, RATE, RATE * SECONDS, "NONE", "not compressed"))
    tone = (math.sin(n / 9) * 9000 for n in range(RATE * SECONDS))
    file.writeframes(b"".join(struct.pack("<h", int(value)) for value in tone))
values = {"pbx_id": call.pbx_id.id, "call_id": call.id, "call_ref": call.pbx_ref}
values |= {"ref": "picture", "leg_ref": call.leg_ids[:1].leg_ref, "date_start": call.date_answer}
values |= {"duration": SECONDS, "sound_format": "wav", "codec": "PCM", "channels": 1}
values |= {"state": "here", "is_playable": True, "size": len(sound.getvalue())}
THURSDAY = fields.Date.today() + relativedelta(weekday=TH(+1))
SAID = [
    ("outside", "Good morning, it is about our seminar in May."),
    ("inside", "Good morning. How many people will come?"),
    ("outside", "Twelve, and we need four rooms for two nights."),
    ("inside", "Then I send you an offer by Thursday."),
    ("outside", "Thank you. Is there a projector in the large room?"),
    ("inside", "I will ask, and write it into the offer."),
]
PROPOSED = [
    {"kind": "summary", "text": "Seminar in May: twelve people, four rooms for two nights."},
    {"kind": "agreed", "text": "An offer comes by Thursday."},
    {"kind": "question", "text": "Is there a projector in the large room?"},
    {"kind": "action", "text": "Send the offer", "who": "us", "date_due": THURSDAY},
]
if not env["call.recording"].search([("ref", "=", "picture")]):
    values |= {"file": base64.b64encode(sound.getvalue())}
    recording = env["call.recording"].create(values)
    transcript = env["call.transcript"].create({"recording_id": recording.id, "state": "here"})
    env["call.transcript.line"].create(
        [
            {"transcript_id": transcript.id, "side": side, "text": text,
             "start": 1000 + 6500 * place, "end": 6500 * (place + 1)}
            for place, (side, text) in enumerate(SAID)
        ]
    )  # fmt: skip
    outline = {"call_id": call.id, "state": "here", "date": call.date_end}
    outline = env["call.outline"].create(outline)
    env["call.outline.point"].create([point | {"outline_id": outline.id} for point in PROPOSED])
env.cr.commit()
