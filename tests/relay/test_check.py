"""``--check`` and wrong settings: what is wrong is said so that one can set it right."""

import email.utils
import os
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
    """Runs the check while Asterisk says some events."""

    def run(*events, seconds="1"):
        def say():
            if events and asterisk.logged_in.wait(5):
                asterisk.say(*events)

        threading.Thread(target=say, daemon=True).start()
        return relay.run("--check", "--seconds", seconds)

    return run


def test_all_is_well(check, odoo):
    status, told = check(*CALL, seconds="10")
    assert status == 0, told
    assert "Ready." in told
    assert "Events of calls arrive" in told
    assert odoo.heartbeats == 1


def test_without_a_call_the_rights_cannot_be_seen(check):
    status, told = check()
    assert status == 0
    assert "hint" in told
    assert "read = call,dialplan,agent" in told


def test_asterisk_is_not_reached(check, asterisk):
    asterisk.close()
    status, told = check()
    assert status == 1
    assert "Asterisk's manager interface is not reached" in told


def test_the_log_in_is_refused(check, relay):
    relay.settings["ASTERISK_SECRET"] = "wrong"
    status, told = check()
    assert status == 1
    assert "Asterisk refuses the log-in of 'relay': Authentication failed" in told


def test_a_right_to_read_is_missing(check, asterisk):
    asterisk.rights = {"dialplan"}
    status, told = check(*CALL)
    assert status == 1
    assert "Add call to the user's read line" in told
    assert "no calls at all would be known" in told


def test_the_right_to_ask_is_missing(check, asterisk):
    asterisk.may_list = False
    status, told = check()
    assert status == 1
    assert "Add write = reporting" in told


def test_events_come_without_their_time(check):
    status, told = check(*UNTIMED, seconds="10")
    assert status == 1
    assert "timestampevents = yes" in told


def test_odoo_is_not_reached(check, odoo):
    odoo.close()
    status, told = check()
    assert status == 1
    assert "is not reached" in told


def test_the_signature_is_refused(check, relay):
    relay.settings["ODOO_SECRET"] = "wrong"
    status, told = check()
    assert status == 1
    assert "the secret or the address is not that of the telephone system" in told


def test_the_clocks_differ(check, relay, odoo):
    relay.settings["ODOO_SECRET"] = "wrong"
    odoo.date = email.utils.formatdate(time.time() + 1000, usegmt=True)
    status, told = check()
    assert status == 1
    assert "differ by 17 minutes" in told or "differ by 16 minutes" in told


@pytest.mark.parametrize("database", ["", "other"])
def test_the_database_is_not_the_right_one(check, relay, odoo, database):
    odoo.respond = lambda events: 404
    relay.settings["ODOO_DATABASE"] = database
    status, told = check()
    assert status == 1
    assert "name the right one in the setting database" in told
    assert ("(now 'other')" in told) is bool(database)


def test_the_address_has_moved(check, odoo):
    odoo.respond = lambda events: 301
    status, told = check()
    assert status == 1
    assert "the address is another one (status 301)" in told


def test_the_folder_cannot_be_used(check, relay):
    relay.settings["RELAY_FOLDER"] = "/no/such/folder"
    status, told = check()
    assert status == 1
    assert "/no/such/folder is not there" in told


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


def test_settings_come_from_the_file_with_defaults(tmp_path):
    settings = load(tmp_path)
    assert (settings.asterisk_host, settings.asterisk_port) == ("127.0.0.1", 5038)
    assert settings.asterisk_username == "from the file"
    assert "secret'" not in repr(settings)
    assert "token" not in repr(settings)


def test_the_environment_counts_more_than_files(tmp_path):
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


def test_a_secret_may_stand_in_a_file_of_its_own(tmp_path):
    (tmp_path / "secret").write_text("from its file\n")
    text = FILE.replace('secret = "ami secret"', f'secret_file = "{tmp_path / "secret"}"')
    assert load(tmp_path, text).asterisk_secret == "from its file"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ('secret = "odoo secret"', "", "secret of [odoo] is missing"),
        ("username", "user", "has 'user' in [asterisk]"),
        ("[odoo]", "[oddo]", "has [oddo]"),
        ("/call_handling/pbx/token", "/", "must look like"),
        ("[odoo]", 'port = "x"\n[odoo]', "port of [asterisk] must be a number"),
        ("[odoo]", "[odoo", "is not TOML"),
        ('secret = "odoo secret"', 'secret_file = "/no/such"', "cannot be read from its file"),
    ],
)
def test_a_wrong_setting_is_named(tmp_path, old, new, told):
    with pytest.raises(config.ConfigError) as caught:
        load(tmp_path, FILE.replace(old, new))
    assert told in str(caught.value)


def test_wrong_settings_end_the_command_with_a_status_of_their_own(relay):
    del relay.settings["ODOO_SECRET"]
    status, told = relay.run()
    assert status == os.EX_CONFIG
    assert "secret of [odoo] is missing" in told


def test_the_command_tells_its_version_and_its_options(relay):
    assert relay.run("--version")[1].startswith("call-handling-relay 1.")
    assert "--check" in relay.run("--help")[1]


def test_the_small_odoo_refuses_what_call_handling_refuses():
    odoo = FakeOdoo()
    try:
        assert odoo.receive(PATH, {}, b"[]")[0] == 403
    finally:
        odoo.close()
