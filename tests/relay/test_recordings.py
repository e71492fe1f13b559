"""The relay sends the files of recordings once their calls are over, and nothing else."""

import contextlib
import io
import itertools
import os
import tempfile
import time
import wave
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from call_handling_relay.recordings import (
    FILE,
    MAILBOX,
    NoFile,
    Recording,
    Sound,
    find_file,
    find_message,
    read_recording,
)
from call_handling_relay.store import Store
from call_handling_relay.uploader import PART

from .process import wait_until

CHANNEL = "PJSIP/trunk-00000001"
NAME = "2026/11/27/in-30-+12025550142-20261127-100000-1764237600.7.wav"
START = int(time.time()) - 60.75


def about(call, name, **values):
    """Return an event about a channel of a call."""
    ids = {"Channel": CHANNEL, "Uniqueid": f"{call}.7", "Linkedid": f"{call}.7"}
    given = {"Timestamp": str(START), "Event": name}
    return {"Privilege": "call,all", **given, **ids, **values}


def begin(call=1764237600):
    return about(call, "Newchannel", ChannelState="0")


def record(path, call=1764237600, **values):
    named = {"Variable": "MIXMONITOR_FILENAME", "Value": str(path)}
    return about(call, "VarSet", Privilege="dialplan,all", **named, **values)


def hang_up(call=1764237600, **values):
    return about(call, "Hangup", **values)


def write_sound(path, seconds=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(os.urandom(16000 * seconds))
    return path.read_bytes()


@pytest.fixture
def monitor(tmp_path, relay):
    """The folder of recordings."""
    folder = tmp_path / "monitor"
    folder.mkdir()
    relay.settings["RECORDINGS_FOLDER"] = str(folder)
    return folder


@pytest.fixture
def boxes(tmp_path, relay):
    """The folder of mailboxes."""
    folder = tmp_path / "voicemail"
    folder.mkdir()
    relay.settings["RECORDINGS_MAILBOXES"] = str(folder)
    return folder


def test_a_recording_is_sent_once_its_call_is_over(relay, asterisk, odoo, monitor):
    sound = write_sound(monitor / NAME)
    relay.start()
    asterisk.send(begin(), record(monitor / NAME))
    wait_until(lambda: relay.count("recording"), "the recording")
    assert not odoo.recordings
    asterisk.send(hang_up())
    wait_until(lambda: odoo.recordings and not relay.count("recording"), "the file")
    assert list(odoo.recordings.values()) == [sound]
    upload = odoo.uploads[0]
    assert (upload.call, upload.leg) == ("1764237600.7", "1764237600.7")
    assert upload.start.timestamp() == START
    assert not upload.is_requested
    assert "2025550142" not in upload.ref + relay.log


def test_a_file_that_goes_on_in_another_channel_is_sent_when_both_are_over(
    relay, asterisk, odoo, monitor
):
    """FreePBX appends to it after a transfer."""
    write_sound(monitor / NAME)
    relay.start()
    asterisk.send(begin(1), begin(2), record(NAME, 1), record(NAME, 2), hang_up(1))
    asterisk.send(begin(3), record("other.wav", 3), hang_up(3))
    write_sound(monitor / "other.wav")
    wait_until(lambda: odoo.recordings, "the other file")
    assert len(odoo.recordings) == 1
    sound = write_sound(monitor / NAME, 2)
    asterisk.send(hang_up(2))
    wait_until(lambda: len(odoo.recordings) == 2, "the file")
    assert odoo.uploads[-1].call == "1.7"
    assert sound in odoo.recordings.values()
    wait_until(lambda: not relay.count("recording"), "the end")


def test_a_large_file_goes_on_where_it_was_after_kills(relay, asterisk, odoo, monitor):
    sound = os.urandom(3 * PART + 5)
    (monitor / "large.wav").write_bytes(sound)
    stored = []

    def respond(upload):
        if len(stored) < len(odoo.uploads):
            stored.append(upload)
            relay.kill()
            relay.start()
            raise ConnectionError

    odoo.respond_to_file = respond
    relay.start()
    asterisk.send(begin(), record("large.wav"), hang_up())
    wait_until(lambda: sound in odoo.recordings.values(), "the file")
    assert len(stored) == 3
    assert [upload.offset for upload in odoo.uploads] == [0, PART, 2 * PART, 3 * PART]


def test_two_channels_are_sent_as_wav_and_say_whose_the_first_is(relay, asterisk, odoo, monitor):
    """MixMonitor with the option D writes their samples in turn, and nothing else."""
    samples = os.urandom(PART + 4)
    (monitor / "both.raw").write_bytes(samples)
    relay.start()
    asterisk.send(begin(), record("both.raw"), hang_up())
    wait_until(lambda: odoo.recordings and not relay.count("recording"), "the file")
    (sound,) = odoo.recordings.values()
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 8000)
        assert file.readframes(file.getnframes()) == samples
    assert [upload.is_leg_first for upload in odoo.uploads] == [True, True]


@given(st.binary(max_size=60), st.booleans(), st.lists(st.integers(1, 20), min_size=1))
def test_whatever_the_parts_a_file_is_sent_once_and_whole(content, is_stereo, counts):
    with tempfile.TemporaryFile() as file:
        file.write(content)
        file.flush()
        sound = Sound(file, is_stereo)
        sent = b""
        for count in itertools.cycle(counts):
            part = sound.read(len(sent), count)
            if not part:
                break
            sent += part
    assert len(sent) == sound.size
    assert sent.endswith(content)
    assert (len(sent) == len(content)) != is_stereo


def test_what_odoo_does_not_want_is_not_sent_again(relay, asterisk, odoo, monitor):
    statuses = [410, 413, 415]
    odoo.respond_to_file = lambda upload: statuses.pop()
    relay.start()
    for call in (1, 2, 3):
        write_sound(monitor / f"{call}.wav")
        asterisk.send(begin(call), record(f"{call}.wav", call), hang_up(call))
    wait_until(lambda: not statuses, "all refusals")
    wait_until(lambda: "does not store a recording" in relay.log, "the refusal")
    wait_until(lambda: not relay.count("recording"), "the end")


def test_while_odoo_is_away_recordings_wait(relay, asterisk, odoo, monitor):
    sound = write_sound(monitor / NAME)
    asked = []
    odoo.respond_to_file = lambda upload: asked.append(1) or (503 if len(asked) < 3 else None)
    relay.start()
    asterisk.send(begin(), record(NAME), hang_up())
    wait_until(lambda: sound in odoo.recordings.values(), "the file")
    assert len(asked) == 3


def test_a_file_that_cannot_be_read_waits_and_is_not_named_in_the_log(
    relay, asterisk, odoo, monitor
):
    sound = write_sound(monitor / "other.wav")
    place = monitor / NAME
    place.parent.parent.mkdir(parents=True)
    place.parent.write_text("no folder")  # so that opening what is below fails
    relay.start()
    asterisk.send(begin(1), record(NAME, 1), hang_up(1))
    asterisk.send(begin(2), record("other.wav", 2), hang_up(2))
    wait_until(lambda: odoo.recordings and "cannot be read" in relay.log, "the other file")
    assert list(odoo.recordings.values()) == [sound]
    assert "2025550142" not in relay.log
    place.parent.unlink()
    readable = write_sound(place)
    wait_until(lambda: readable in odoo.recordings.values(), "the file")


def test_without_the_setting_nothing_is_sent(relay, asterisk, odoo, monitor):
    write_sound(monitor / NAME)
    del relay.settings["RECORDINGS_FOLDER"]
    relay.start()
    asterisk.send(begin(), record(monitor / NAME), hang_up())
    wait_until(lambda: len(odoo.events) == 2, "the events")
    assert relay.count("recording") == 0


def test_a_recording_that_began_while_the_relay_was_away_is_found(relay, asterisk, odoo, monitor):
    sound = write_sound(monitor / NAME)
    asterisk.channels = [{k: v for k, v in begin().items() if k not in ("Event", "Timestamp")}]
    asterisk.variables["MIXMONITOR_FILENAME"] = str(monitor / NAME)
    relay.start()
    asterisk.send(about(9, "Hold"))
    wait_until(lambda: relay.count("recording"), "the recording")
    asterisk.send(hang_up())
    wait_until(lambda: sound in odoo.recordings.values(), "the file")
    assert odoo.uploads[0].start is None


def leave_message(boxes, box="default/101", number=0, suffix=".wav", **values):
    path = boxes / box / "INBOX" / f"msg{number:04}{suffix}"
    sound = write_sound(path)
    said = {"callerchan": CHANNEL, "origtime": str(int(START) + 5)} | values
    lines = "".join(f"{name}={value}\n" for name, value in said.items())
    path.with_suffix(".txt").write_text(f";\n; Message Information file\n;\n[message]\n{lines}")
    return sound


def test_a_message_in_a_mailbox_is_sent(relay, asterisk, odoo, boxes):
    relay.start()
    enter = about(1764237600, "Newexten", Application="VoiceMail", AppData="101@default&102,us")
    asterisk.send(begin(), enter)
    leave_message(boxes, callerchan="PJSIP/trunk-00000009")
    sound = leave_message(boxes, number=1)
    asterisk.send(hang_up())
    wait_until(lambda: odoo.recordings and not relay.count("recording"), "the message")
    assert list(odoo.recordings.values()) == [sound]
    assert odoo.uploads[0].is_requested


# --- what is found ---------------------------------------------------------------------


def message(place="101", seen=START):
    return Recording(MAILBOX, place, "1.7", "1.7", CHANNEL, seen)


def test_a_message_of_an_earlier_channel_with_the_same_name_is_another_one(tmp_path):
    leave_message(tmp_path, origtime=str(int(START) - 60))
    with pytest.raises(FileNotFoundError):
        find_message(tmp_path, message())
    assert find_message(tmp_path, message(seen=START - 60)).name == "msg0000.wav"


def test_of_several_formats_of_a_message_the_one_that_browsers_play_is_sent(tmp_path):
    leave_message(tmp_path, suffix=".gsm")
    leave_message(tmp_path, suffix=".WAV")
    assert find_message(tmp_path, message()).suffix == ".WAV"
    leave_message(tmp_path, suffix=".wav")
    assert find_message(tmp_path, message()).suffix == ".wav"


@pytest.mark.parametrize("place", ["../101", "..", "/etc", "101@..", "", ",u", "a/b", "101@/etc"])
def test_a_mailbox_cannot_be_elsewhere(tmp_path, place):
    leave_message(tmp_path / "elsewhere", box="101/x")
    root = tmp_path / "elsewhere" / "voicemail"
    root.mkdir()
    with pytest.raises(FileNotFoundError):
        find_message(root, message(place))


def test_links_are_not_followed(tmp_path):
    root, elsewhere = tmp_path / "monitor", tmp_path / "elsewhere"
    write_sound(elsewhere / "x.wav")
    root.mkdir()
    (root / "folder").symlink_to(elsewhere)
    (root / "x.wav").symlink_to(elsewhere / "x.wav")
    for place in ("x.wav", "folder/x.wav"):
        with pytest.raises(NoFile):
            find_file(root, place)


def test_the_folder_itself_may_be_a_link(tmp_path):
    write_sound(tmp_path / "disk" / NAME)
    (tmp_path / "monitor").symlink_to(tmp_path / "disk")
    assert find_file(tmp_path / "monitor", NAME).exists()


def test_asterisk_may_name_the_folder_otherwise(tmp_path):
    write_sound(tmp_path / NAME)
    spool = Path("/var/spool/asterisk/monitor")
    assert find_file(tmp_path, str(spool / NAME), spool) == tmp_path / NAME
    with pytest.raises(NoFile):
        find_file(tmp_path, str(spool / ".." / NAME), spool)


def test_what_asterisk_calls_wav49_has_another_ending(tmp_path):
    write_sound(tmp_path / "x.WAV")
    assert find_file(tmp_path, "x.wav49") == tmp_path / "x.WAV"


@given(st.lists(st.sampled_from(["..", ".", "", "a", "x.wav", "/", "etc", "passwd"]), max_size=8))
@example(["..", "x.wav"])
@example(["", "etc", "passwd"])
def test_no_path_leads_out_of_the_folder(parts):
    with tempfile.TemporaryDirectory() as name:
        root = Path(name, "monitor")
        write_sound(root / "a" / "x.wav")
        write_sound(Path(name, "x.wav"))
        with contextlib.suppress(NoFile, OSError):
            assert find_file(root, "/".join(parts)).is_relative_to(root)


@example({"Event": "Newexten", "Application": []})
@given(
    st.dictionaries(
        st.sampled_from(
            ["Event", "Variable", "Value", "Application", "AppData", "Uniqueid", "Linkedid"]
        ),
        st.sampled_from(["VarSet", "Newexten", "VoiceMail", "MIXMONITOR_FILENAME", "x", "", []]),
    )
)
def test_whatever_asterisk_sends_is_a_recording_or_none(values):
    found = read_recording(values | {"Channel": CHANNEL}, START)
    assert found is None or (found.place and found.uniqueid and found.linkedid)


def test_recordings_survive_a_damaged_store(tmp_path):
    recording = Recording(FILE, NAME, "1.7", "1.7", CHANNEL, START)
    with contextlib.closing(Store(tmp_path)) as store:
        rows = [(None, tuple(vars(recording).values()))]
        store.restore(rows)
        assert store.recordings() == [recording]
