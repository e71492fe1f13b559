import { advanceTime, animationFrame, beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts, waitFor } from "@odoo/hoot-dom";
import {
    MockServer,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { defineCallModels } from "./call_handling_test_helpers";

import { waitNotifications } from "@bus/../tests/bus_test_helpers";
import { COMMAND_MESSAGE } from "@call_handling/call_command/call_command_service";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { session } from "@web/session";

defineCallModels();

const SHOWN = ".o_notification:has(.bg-danger)";

beforeEach(() => {
    patchWithCleanup(session, { call_handling: { call_card: true } });
    onRpc("call.call", "get_cards", () => []);
    onRpc("call.command", "get_result", ({ args }) => {
        expect.step(`get_result ${args[0]}`);
        return { state: "failed", message: "The relay has not answered." };
    });
});

/** Tells the screen what became of the command, and waits until it has heard it. */
async function send(state, message = "") {
    const values = { id: 5, state, message, seconds: 12 };
    MockServer.env["bus.bus"]._sendone("broadcast", COMMAND_MESSAGE, values);
    await waitNotifications([COMMAND_MESSAGE]);
}

test("why a telephone system did not do it is shown", async () => {
    await mountWithCleanup(MainComponentsContainer);
    await send("waiting");
    await send("failed", "102 is not known.");
    await waitFor(SHOWN, { timeout: 5000 });
    expect(queryAllTexts(SHOWN)).toEqual(["102 is not known."]);
    await advanceTime(13000);
    expect.verifySteps([]);
});

test("what is done is not mentioned", async () => {
    await mountWithCleanup(MainComponentsContainer);
    await send("waiting");
    await send("done");
    await advanceTime(13000);
    await animationFrame();
    expect(SHOWN).toHaveCount(0);
    expect.verifySteps([]);
});

test("what nobody reports about is asked for", async () => {
    await mountWithCleanup(MainComponentsContainer);
    await send("waiting");
    await advanceTime(13000);
    await waitFor(SHOWN, { timeout: 5000 });
    expect(queryAllTexts(SHOWN)).toEqual(["The relay has not answered."]);
    expect.verifySteps(["get_result 5"]);
});
