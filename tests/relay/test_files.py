"""What FreeSWITCH has recorded is sent once its call is known, and each file once."""

import os
import subprocess
import sys
import time

import pytest

from adapters.freeswitch.record import name_file as name_in_odoo
from call_handling_relay import files
from call_handling_relay.uploader import PART

from .odoo import SECRET
from .process import SOURCE
from .test_recordings import write_sound

LEG = "4f7c8a1e-0d7c-4a3b-9a55-0c8d4a6f1b2c"
OLD = time.time() - 3600


@pytest.fixture
def archive(tmp_path):
    """The folder of recordings."""
    folder = tmp_path / "recordings"
    folder.mkdir()
    return folder


@pytest.fixture
def run(tmp_path, odoo, archive):
    """Returns a function that runs the program as cron does."""
    secret = tmp_path / "secret"
    secret.write_text(f"{SECRET}\n")

    def run(address=None):
        command = [
            sys.executable, "-m", "call_handling_relay.files",
            "--address", address or odoo.address, "--secret-file", secret,
            "--state", tmp_path / "state", archive,
        ]  # fmt: skip
        environment = os.environ | {"PYTHONPATH": str(SOURCE)}
        return subprocess.run(
            list(map(str, command)), capture_output=True, text=True, env=environment, check=False
        )

    return run


def record(archive, name=f"{LEG}.wav", changed=OLD, seconds=1):
    path = archive / "example.com/archive/2026/Nov/27" / name
    sound = write_sound(path, seconds)
    os.utime(path, (changed, changed))
    return path, sound


@pytest.fixture
def announced(odoo):
    """Returns a function by which Odoo knows the recording of a file."""
    return lambda path: odoo.known.add(files.name_file(path))


def test_a_file_is_sent_once_its_call_is_known(run, odoo, archive, announced):
    path, sound = record(archive)
    assert run().returncode == 0
    assert odoo.uploads == []
    announced(path)
    assert run().returncode == 0
    assert odoo.recordings == {name_in_odoo(f"/anywhere/{LEG}.mp3"): sound}
    requests = odoo.requests_about_files
    assert run().returncode == 0
    assert odoo.requests_about_files == requests, "It is not even asked about again."


def test_a_large_file_comes_in_parts_and_goes_on_where_it_was(run, odoo, archive, announced):
    path, sound = record(archive, seconds=PART // 16000 + 2)
    announced(path)
    odoo.respond_to_file = lambda upload: 503 if upload.offset else None
    assert run().returncode == 1
    odoo.respond_to_file = lambda upload: None
    assert run().returncode == 0
    assert odoo.recordings == {files.name_file(path): sound}
    assert [upload.offset for upload in odoo.uploads] == [0, PART]


def test_what_no_rule_stores_is_not_sent_again(run, odoo, archive, announced):
    path, _sound = record(archive)
    announced(path)
    odoo.respond_to_file = lambda upload: 410
    assert "does not store" in run().stderr
    requests = odoo.requests_about_files
    run()
    assert odoo.requests_about_files == requests


@pytest.mark.parametrize(
    ("name", "age"),
    [(f"{LEG}.wav", 5), (f"{LEG}.wav", files.OLDEST + 60), ("notes.txt", 3600)],
)
def test_only_whole_files_of_the_last_days_are_sent(run, odoo, archive, announced, name, age):
    path, _sound = record(archive, name, time.time() - age)
    announced(path)
    assert run().returncode == 0
    assert odoo.requests_about_files == 0


def test_links_are_not_followed(run, odoo, archive, announced, tmp_path):
    target = tmp_path / "elsewhere.wav"
    write_sound(target)
    link = archive / f"{LEG}.wav"
    link.symlink_to(target)
    announced(link)
    run()
    assert odoo.requests_about_files == 0


def test_a_wrong_secret_is_said_and_nothing_is_given_up(run, odoo, archive, announced, tmp_path):
    path, sound = record(archive)
    announced(path)
    (tmp_path / "secret").write_text("wrong")
    done = run()
    assert done.returncode == 1
    assert "Recordings wait" in done.stderr
    assert LEG not in done.stderr
    (tmp_path / "secret").write_text(SECRET)
    run()
    assert list(odoo.recordings.values()) == [sound]


def test_two_runs_at_once_send_a_file_once(run, odoo, archive, announced, tmp_path):
    import fcntl

    path, _sound = record(archive)
    announced(path)
    (tmp_path / "state").mkdir()
    with open(tmp_path / "state/lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        assert run().returncode == 0
    assert odoo.requests_about_files == 0
