"""Transcripts are written by a real server: whoever is killed in the middle of it, nothing comes
twice, and nothing is lost."""

import contextlib

import pytest
import requests

from .speech import kill_asker, speech_server
from .test_recordings import make_wav

WRITTEN = """
SELECT t.state, l.start, l.text
  FROM call_transcript t
  JOIN call_recording r ON r.id = t.recording_id
  LEFT JOIN call_transcript_line l ON l.transcript_id = t.id
 WHERE r.pbx_id = %s
 ORDER BY l.start
"""
LATER = "UPDATE call_transcript SET date_due = now() AT TIME ZONE 'UTC' WHERE state != 'here'"
SET_SERVER = "UPDATE res_company SET call_transcript_url = %s WHERE id = 1 RETURNING id"
CRON = "SELECT res_id FROM ir_model_data WHERE name = 'ir_cron_transcribe'"
CALL = {"call": "t1", "leg": "t1-1", "extension": "101"}


@pytest.mark.parametrize("place", [0, 1, 3])
def test_who_is_killed_while_a_piece_is_written_down(new_pbx, admin, place):
    pbx = new_pbx("generic")
    pbx.store_recordings()
    database, heard = pbx.database, []

    def hear(handler, _hint):
        heard.append(None)
        if len(heard) == place + 1:
            kill_asker(handler)
        return f"piece {len(heard)}"

    def run():
        database.rows(f"{LATER} RETURNING id")
        cron = database.rows(CRON)[0]["res_id"]
        with contextlib.suppress(requests.ConnectionError):
            admin.call("ir.cron", "method_direct_trigger", [cron])

    with speech_server(hear) as url:
        database.rows(SET_SERVER, [url])
        pbx.send([CALL | {"event": "ringing", "direction": "incoming", "from": "+12025550175"}])
        pbx.send([CALL | {"event": "answered"}, CALL | {"event": "ended"}])
        sound = make_wav(200)  # without a pause: four or five pieces
        answer = pbx.send_sound(sound, id="rt1", call="t1", size=len(sound))
        assert answer.status_code == 200, answer.text
        for _run in range(20):
            run()
            rows = database.rows(WRITTEN, [pbx.id])
            if rows[0]["state"] == "here":
                break
        database.rows(SET_SERVER, [None])
    pieces = len(heard) - 1
    assert pieces >= 4, heard
    # what was sent when it was killed is sent again, nothing else is
    expected = [number for number in range(1, pieces + 2) if number != place + 1]
    assert [row["text"] for row in rows] == [f"piece {number}" for number in expected]
    starts = [row["start"] for row in rows]
    assert starts == sorted(set(starts))
