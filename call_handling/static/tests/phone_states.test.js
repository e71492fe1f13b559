import { advanceTime, expect, test } from "@odoo/hoot";
import { Component, xml } from "@odoo/owl";
import { MockServer, mountWithCleanup } from "@web/../tests/web_test_helpers";
import { defineCallModels } from "./call_handling_test_helpers";

import { waitForChannels, waitNotifications } from "@bus/../tests/bus_test_helpers";
import { PAUSE, useChangedPhones } from "@call_handling/phone_states/phone_states";

defineCallModels();

// What the server sends, see models/pbx/phone_states.py.
const CHANNEL = "call_handling.phones";
const MESSAGE = "call_handling.phone/changed";

class Colleagues extends Component {
    static template = xml`<div/>`;
    static props = [];
    setup() {
        useChangedPhones(() => expect.step("read"));
    }
}

test("a list of colleagues is read again once when phones do something else", async () => {
    await mountWithCleanup(Colleagues);
    await waitForChannels([CHANNEL]);
    for (let i = 0; i < 3; i++) {
        MockServer.env["bus.bus"]._sendone(CHANNEL, MESSAGE, { pbx_id: 1 });
    }
    await waitNotifications([MESSAGE], [MESSAGE], [MESSAGE]);
    await advanceTime(PAUSE);
    expect.verifySteps(["read"]);
});

test("a list of colleagues is read again when a call changes", async () => {
    await mountWithCleanup(Colleagues);
    await waitForChannels(["call_handling.calls"]);
    MockServer.env["bus.bus"]._sendone("call_handling.calls", "call_handling.call/changed", {});
    await waitNotifications(["call_handling.call/changed"]);
    await advanceTime(PAUSE);
    expect.verifySteps(["read"]);
});
