"""``--check`` and wrong settings: messages explain what to correct."""

import email.utils
import os
import re
import threading
import time

import pytest

from call_handling_relay import config

from .asterisk import event
from .odoo import PATH, FakeOdoo

CALL = [event(1), event(1, "Newexten", Privilege="dialplan,all", Application="Dial")]
UNTIMED = [{name: v for name, v in each.items() if name != "Timestamp"} for each in CALL]


@pytest.fixture
def check(relay, asterisk):
    """Returns a function that runs ``--check`` while Asterisk sends some events."""

    def run(*events, seconds="1"):
        def send():
            if events and asterisk.logged_in.wait(5):
                asterisk.send(*events)

        threading.Thread(target=send, daemon=True).start()
        return relay.run("--check", "--seconds", seconds)

    return run


def test_a_working_setup_is_ready(check, odoo):
    status, output = check(*CALL, seconds="10")
    assert status == 0, output
    assert "Ready." in output
    assert "Asterisk sends the events of calls" in output
    assert odoo.heartbeats == 1


def test_without_a_call_a_hint_names_the_rights_to_read(check):
    status, output = check()
    assert status == 0
    assert "hint" in output
    assert "read = call,dialplan,agent" in output


def test_folders_of_recordings_are_looked_into(check, relay, tmp_path):
    relay.settings["RECORDINGS_FOLDER"] = str(tmp_path)
    relay.settings["RECORDINGS_MAILBOXES"] = str(tmp_path / "missing")
    status, output = check(*CALL, seconds="10")
    assert status == 1
    assert f"The folder {tmp_path} can be read." in output
    assert "usermod -aG asterisk" in output


def test_an_unreachable_asterisk_is_reported(check, asterisk):
    asterisk.close()
    status, output = check()
    assert status == 1
    assert "Cannot connect to Asterisk's manager interface" in output


def test_a_refused_login_is_reported(check, relay):
    relay.settings["ASTERISK_SECRET"] = "wrong"
    status, output = check()
    assert status == 1
    assert "Asterisk refused the login of 'relay': Authentication failed" in output


def test_a_missing_right_to_read_is_reported(check, asterisk):
    asterisk.rights = {"dialplan"}
    status, output = check(*CALL)
    assert status == 1
    assert "Add call to the user's read line" in output
    assert "Odoo would show no calls at all" in output


def test_a_missing_right_to_list_channels_is_reported(check, asterisk):
    asterisk.may_list = False
    status, output = check()
    assert status == 1
    assert "Add write = reporting" in output


def test_events_without_their_time_are_reported(check):
    status, output = check(*UNTIMED, seconds="10")
    assert status == 1
    assert "timestampevents = yes" in output


def test_an_unreachable_odoo_is_reported(check, odoo):
    odoo.close()
    status, output = check()
    assert status == 1
    assert "Cannot reach http" in output


def test_a_wrong_secret_is_reported(check, relay):
    relay.settings["ODOO_SECRET"] = "wrong"
    status, output = check()
    assert status == 1
    assert "the secret or the address is wrong" in output


def test_different_clocks_are_reported(check, relay, odoo):
    relay.settings["ODOO_SECRET"] = "wrong"
    odoo.date = email.utils.formatdate(time.time() + 1000, usegmt=True)
    status, output = check()
    assert status == 1
    assert re.search(r"the clock of this machine is 1\d min (\d+ s )?behind that of http", output)


@pytest.mark.parametrize("database", ["", "other"])
def test_a_wrong_database_is_reported(check, relay, odoo, database):
    odoo.respond = lambda events: 404
    relay.settings["ODOO_DATABASE"] = database
    status, output = check()
    assert status == 1
    assert "enter the right one in the setting database" in output
    assert ("(now 'other')" in output) is bool(database)


def test_a_redirect_is_reported(check, odoo):
    odoo.respond = lambda events: 301
    status, output = check()
    assert status == 1
    assert "redirects to another address (status 301)" in output


def test_a_folder_that_cannot_be_created_is_reported(check, relay, tmp_path):
    (tmp_path / "file").write_text("")
    relay.settings["RELAY_FOLDER"] = folder = str(tmp_path / "file" / "folder")
    status, output = check()
    assert status == 1
    assert f"{folder} does not exist" in output
    assert f"-m 700 {folder}" in output


def test_a_missing_folder_is_created_for_its_user_only(check, relay, tmp_path):
    folder = tmp_path / "new" / "folder"
    relay.settings["RELAY_FOLDER"] = str(folder)
    status, output = check(*CALL, seconds="10")
    assert status == 0, output
    assert folder.stat().st_mode & 0o777 == 0o700


# --- settings ----------------------------------------------------------------------------

FILE = """
[asterisk]
username = "from the file"
secret = "ami secret"
[odoo]
address = "https://odoo.example.com/call_handling/pbx/token"
secret = "odoo secret"
"""


def load(tmp_path, text=FILE, **environment):
    file = tmp_path / "relay.toml"
    file.write_text(text)
    return config.load(file, environment)


def test_settings_are_read_from_the_file(tmp_path):
    settings = load(tmp_path)
    assert (settings.asterisk_host, settings.asterisk_port) == ("127.0.0.1", 5038)
    assert settings.asterisk_username == "from the file"
    assert "secret'" not in repr(settings)
    assert "token" not in repr(settings)


def test_the_environment_overrides_files(tmp_path):
    (tmp_path / "secret").write_text("from its file\n")
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    (credentials / "odoo-secret").write_text("a credential\n")
    settings = load(
        tmp_path,
        CALL_HANDLING_RELAY_ASTERISK_USERNAME="from the environment",
        CALL_HANDLING_RELAY_ASTERISK_SECRET_FILE=str(tmp_path / "secret"),
        CREDENTIALS_DIRECTORY=str(credentials),
    )
    assert settings.asterisk_username == "from the environment"
    assert settings.asterisk_secret == "from its file"
    assert settings.odoo_secret == "a credential"


def test_a_secret_can_be_in_a_separate_file(tmp_path):
    (tmp_path / "secret").write_text("from its file\n")
    text = FILE.replace('secret = "ami secret"', f'secret_file = "{tmp_path / "secret"}"')
    assert load(tmp_path, text).asterisk_secret == "from its file"


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('secret = "odoo secret"', "", "secret of [odoo] is missing"),
        ("username", "user", "unknown setting 'user' in [asterisk]"),
        ("[odoo]", "[oddo]", "unknown section [oddo]"),
        ("/call_handling/pbx/token", "/", "must look like"),
        ("/pbx/token", "/pbx/…", "must look like"),
        ("[odoo]", 'port = "x"\n[odoo]', "port of [asterisk] must be a whole number"),
        ("[odoo]", "[odoo", "is not valid TOML"),
        ('secret = "odoo secret"', 'secret_file = "/no/such"', "cannot be read from its file"),
    ],
)
def test_a_wrong_setting_is_reported(tmp_path, old, new, message):
    with pytest.raises(config.ConfigError) as caught:
        load(tmp_path, FILE.replace(old, new))
    assert message in str(caught.value)


def test_wrong_settings_have_a_separate_exit_status(relay):
    del relay.settings["ODOO_SECRET"]
    status, output = relay.run()
    assert status == os.EX_CONFIG
    assert "secret of [odoo] is missing" in output


def test_the_command_shows_its_version_and_its_options(relay):
    assert relay.run("--version")[1].startswith("call-handling-relay 1.")
    assert "--check" in relay.run("--help")[1]


def test_the_fake_odoo_refuses_unsigned_requests():
    odoo = FakeOdoo()
    try:
        assert odoo.receive(PATH, {}, b"[]")[0] == 403
    finally:
        odoo.close()
