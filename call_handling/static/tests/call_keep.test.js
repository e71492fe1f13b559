import { expect, test } from "@odoo/hoot";
import { press } from "@odoo/hoot-dom";
import { contains, onRpc } from "@web/../tests/web_test_helpers";
import { defineCallModels, getRecordingData, openRecordedCall } from "./call_handling_test_helpers";

defineCallModels();

const KEPT = { kept: "Kept for ever by Ada since 11/27/2026", keep_reason: "Legal dispute" };

/** Opens a call; what is decided about its recording is shown then. */
async function openCall(values) {
    let recording = getRecordingData(values);
    onRpc("call.recording", "action_keep", ({ args }) => {
        expect.step(["kept", ...args]);
        recording = { ...recording, ...KEPT };
        return false;
    });
    onRpc("call.recording", "action_keep_no_longer", ({ args }) => {
        expect.step(["no longer", ...args]);
        recording = { ...recording, kept: "", keep_reason: "" };
        return false;
    });
    await openRecordedCall({}, () => [recording]);
}

test("who decides it keeps a recording with a reason", async () => {
    await openCall({ may_keep: true });
    await contains(".o_call_keep_ask").click();
    expect(".o_call_keep_reason").toBeFocused();
    expect(".o_call_keep_confirm").not.toBeEnabled();
    await contains(".o_call_keep_reason").edit("Legal dispute", { confirm: false });
    await contains(".o_call_keep_confirm").click();
    expect.verifySteps([["kept", [7], "Legal dispute"]]);
    expect(".o_call_keep_label").toHaveText("Kept for ever by Ada since 11/27/2026: Legal dispute");
    await contains(".o_call_keep_no_longer").click();
    expect.verifySteps([["no longer", [7]]]);
    expect(".o_call_keep_ask").toHaveCount(1);
});

test("it is given up with the keyboard", async () => {
    await openCall({ may_keep: true });
    await contains(".o_call_keep_ask").click();
    await press("Escape");
    await contains(".o_call_keep_ask").click();
    expect(".o_call_keep_reason").toHaveValue("");
    expect.verifySteps([]);
});

test("everybody else sees why a recording is kept, and changes nothing", async () => {
    await openCall(KEPT);
    expect(".o_call_keep_label").toHaveText(/Legal dispute/);
    expect(".o_call_keep button").toHaveCount(0);
});

test("nothing is said about a recording that is not kept", async () => {
    await openCall();
    expect(".o_call_keep").toHaveCount(0);
});
