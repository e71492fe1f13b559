"""The relay passes on what phones do: all of it at first, then only what changes."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.asterisk import AsteriskAdapter
from adapters.base import Settings
from call_handling_relay.states import SUBJECTS, States

from .asterisk import event
from .process import wait_until


def state(device, state, **headers):
    return {"Event": "DeviceStateChange", "Device": device, "State": state} | headers


def extension(number, status, **headers):
    about = {"Exten": number, "Context": "from-internal", "Status": status}
    return {"Event": "ExtensionStatus"} | about | headers


def passed_on(messages):
    reported = []
    states = States(reported.append)
    for message in messages:
        states.see(message)
    return reported


def states_of(odoo):
    return [each for each in odoo.events if each["Event"] in SUBJECTS]


def test_only_changes_are_passed_on():
    messages = [
        state("PJSIP/101", "NOT_INUSE"),
        state("PJSIP/101", "NOT_INUSE", Timestamp="2", Privilege="call,all"),
        state("PJSIP/101", "RINGING"),
        extension("101", "0"),
        extension("102", "0"),
        extension("101", "0", ActionID="call-handling-peers-1-ExtensionStateList"),
        extension("101", "1"),
        state("PJSIP/101", "NOT_INUSE"),
    ]
    assert passed_on(messages) == [messages[i] for i in (0, 2, 3, 4, 6, 7)]


@pytest.mark.parametrize("device", ["Queue:support", "MWI:103@default", "confbridge:18"])
def test_what_is_no_phone_is_not_passed_on(device):
    assert passed_on([state(device, "INUSE")]) == []


def test_do_not_disturb_of_freepbx_is_passed_on():
    assert len(passed_on([state("Custom:DND101", "BUSY")])) == 1


@given(
    st.lists(
        st.builds(
            state, st.sampled_from(["PJSIP/101", "PJSIP/102"]), st.sampled_from(["INUSE", "BUSY"])
        )
    )
)
def test_the_last_state_of_each_phone_is_always_known(messages):
    def last(of):
        return {each["Device"]: each["State"] for each in of}

    assert last(passed_on(messages)) == last(messages)


def test_the_first_picture_and_changes_reach_odoo(relay, asterisk, odoo):
    asterisk.lists["ExtensionStateList"][1].append(
        {"Exten": "101", "Context": "from-internal", "Hint": "PJSIP/101", "Status": "0"}
    )
    asterisk.lists["PresenceStateList"][1].append(
        {"Presentity": "CustomPresence:101", "Status": "dnd", "Subtype": "", "Message": ""}
    )
    relay.start()
    wait_until(lambda: len(states_of(odoo)) == 2, "the first picture")
    assert {each["Event"] for each in states_of(odoo)} == {"ExtensionStatus", "PresenceStateChange"}
    assert all("Timestamp" in each and "ActionID" not in each for each in states_of(odoo))
    asterisk.send(extension("101", "8", Privilege="call,all"))
    wait_until(lambda: len(states_of(odoo)) == 3, "the change")
    # over a new connection, all is reported again: Odoo may have forgotten it
    asterisk.drop()
    wait_until(lambda: len(states_of(odoo)) == 5, "the picture again")


def test_states_can_be_left_out(relay, asterisk, odoo):
    relay.settings["ASTERISK_STATES"] = "false"
    relay.start()
    asterisk.send(state("PJSIP/101", "INUSE", Privilege="call,all"), event(1))
    wait_until(lambda: event(1) in odoo.events, "the event")
    time.sleep(0.5)
    assert states_of(odoo) == []


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_a_state_is_no_failed_event(name):
    from datetime import datetime, timezone

    item = {"Event": name, "Device": "PJSIP/101", "State": "INUSE", "Timestamp": "1795475114.1"}
    message = AsteriskAdapter(Settings()).understand(item, datetime.now(timezone.utc))
    assert (message.events, message.error) == ((), None)
