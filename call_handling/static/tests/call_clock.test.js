import { advanceTime, animationFrame, expect, mockDate, test } from "@odoo/hoot";
import { unload } from "@odoo/hoot-dom";
import { mockSendBeacon } from "@odoo/hoot-mock";
import {
    clickSave,
    contains,
    getService,
    hideTab,
    mountView,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { CallCall, defineCallModels } from "./call_handling_test_helpers";

import { WebClient } from "@web/webclient/webclient";

defineCallModels();

const CLOCK = ".o_field_widget[name=talk_seconds]";
const BUTTON = `${CLOCK} button`;
const RUNNING = `${CLOCK} [role=timer]`;
const INPUT = `${CLOCK} input`;

const ARCH = `
    <form>
        <field name="date_start"/>
        <field name="talk_seconds" widget="call_clock" options="{'start_field': 'date_start'}"/>
        <field name="remote_name"/>
    </form>`;

/**
 * Opens the form of a call at 10:00 UTC.
 *
 * @param {number} [seconds] talk time of the call
 * @param {string} [arch]
 */
async function openForm(seconds = 0, arch = ARCH) {
    mockDate("2026-11-24 10:00:00", 0);
    CallCall._records = [{ id: 1, talk_seconds: seconds, date_start: "2026-11-24 08:00:00" }];
    onRpc("call.call", "web_save", ({ args }) => expect.step(args[1]));
    await mountView({ type: "form", resModel: "call.call", resId: 1, arch });
}

async function advanceSeconds(count) {
    await advanceTime(count * 1000);
    await animationFrame();
}

test("the clock shows the time while it runs and keeps it when stopped", async () => {
    await openForm();
    expect(BUTTON).toHaveText("Start the clock");
    await contains(BUTTON).click();
    expect(BUTTON).toHaveText("Stop the clock");
    expect(INPUT).not.toBeVisible();
    await advanceSeconds(65);
    expect(RUNNING).toHaveText("1:05");
    await contains(BUTTON).click();
    expect(RUNNING).toHaveCount(0);
    expect(INPUT).toHaveValue("1:05");
    await advanceSeconds(10);
    expect(INPUT).toHaveValue("1:05");
});

test("the first start of the clock is the start of the call", async () => {
    await openForm();
    await contains(BUTTON).click();
    await advanceSeconds(3);
    await contains(BUTTON).click();
    await clickSave();
    expect.verifySteps([{ date_start: "2026-11-24 10:00:00", talk_seconds: 3 }]);
});

test("a restarted clock continues from its previous time", async () => {
    await openForm(60);
    await contains(BUTTON).click();
    expect(RUNNING).toHaveText("1:00");
    await advanceSeconds(5);
    await contains(BUTTON).click();
    await clickSave();
    expect.verifySteps([{ talk_seconds: 65 }]);
});

test("saving stops a running clock", async () => {
    await openForm();
    await contains(BUTTON).click();
    await advanceSeconds(130);
    await clickSave();
    expect.verifySteps([{ date_start: "2026-11-24 10:00:00", talk_seconds: 130 }]);
    expect(INPUT).toHaveValue("2:10");
});

test("the duration can be typed instead", async () => {
    await openForm();
    await contains(INPUT).edit("2:30");
    await clickSave();
    expect.verifySteps([{ talk_seconds: 150 }]);
});

test("the clock continues from a typed duration", async () => {
    await openForm();
    await contains(INPUT).edit("2:00", { confirm: false });
    await contains(BUTTON).click();
    expect(RUNNING).toHaveText("2:00");
});

test("without a start field, the start of the call does not change", async () => {
    await openForm(0, ARCH.replace(/options="[^"]*"/, ""));
    await contains(BUTTON).click();
    await advanceSeconds(5);
    await contains(BUTTON).click();
    await clickSave();
    expect.verifySteps([{ talk_seconds: 5 }]);
});

test("the time of a running clock is saved when the page is closed", async () => {
    mockSendBeacon((_, blob) => {
        blob.text().then((text) => expect.step(JSON.parse(text).params.args[1]));
        return true;
    });
    await openForm(60);
    await contains(BUTTON).click();
    await advanceSeconds(5);
    await unload();
    await expect.waitForSteps([{ talk_seconds: 65 }]);
});

test("the clock is right after the computer was asleep", async () => {
    await openForm();
    await contains(BUTTON).click();
    mockDate("2026-11-24 10:15:00", 0);
    await advanceSeconds(1);
    expect(RUNNING).toHaveText("15:01");
});

test("the clock keeps running while another tab is open", async () => {
    mockDate("2026-11-24 10:00:00", 0);
    CallCall._views = { form: ARCH };
    onRpc("call.call", "web_save", () => expect.step("saved"));
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.act_window",
        res_model: "call.call",
        views: [[false, "form"]],
        target: "new",
    });
    await contains(BUTTON).click();
    await advanceSeconds(5);
    await hideTab();
    await advanceSeconds(5);
    expect.verifySteps([]);
    expect(RUNNING).toHaveText("0:10");
});

test("an invalid duration is not saved", async () => {
    await openForm();
    await contains(INPUT).edit("three minutes", { confirm: false });
    await clickSave();
    expect.verifySteps([]);
    expect(CLOCK).toHaveClass("o_field_invalid");
});

test("a readonly duration has no clock", async () => {
    await openForm(185, ARCH.replace("options=", 'readonly="1" options='));
    expect(CLOCK).toHaveText("3:05");
    expect(BUTTON).toHaveCount(0);
});

test("the button shows screen readers whether the clock is running", async () => {
    await openForm();
    expect(BUTTON).toHaveAttribute("aria-pressed", "false");
    await contains(BUTTON).click();
    expect(BUTTON).toHaveAttribute("aria-pressed", "true");
});
