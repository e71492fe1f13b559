import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-dom";
import {
    contains,
    mockService,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { defineCallModels, OnboardingOnboarding } from "./call_handling_test_helpers";

defineCallModels();

const PANEL = ".o_call_onboarding";
const STEPS = ["system", "phones", "roles"].map((name) => ({
    title: name,
    description: `About ${name}`,
    button: `Go to ${name}`,
    method: `action_open_call_${name}`,
    is_done: false,
}));

/**
 * Opens the list of calls.
 *
 * @param {string[]} done names of the steps that are done
 */
async function openList(done = []) {
    const steps = STEPS.map((step) => ({ ...step, is_done: done.includes(step.title) }));
    patchWithCleanup(OnboardingOnboarding, { steps });
    await mountView({
        type: "list",
        resModel: "call.call",
        arch: '<list js_class="call_live_list"><field name="remote_name"/></list>',
    });
    await animationFrame();
}

test("the first step that is not done has a button", async () => {
    mockService("action", { doAction: (action) => expect.step(action.res_model) });
    onRpc("action_open_call_phones", () => ({ res_model: "call.extension" }));
    await openList(["system"]);
    expect(`${PANEL} li`).toHaveCount(3);
    expect(`${PANEL} .fa-check-circle`).toHaveCount(1);
    expect(`${PANEL} button.btn-primary`).toHaveText("Go to phones");
    await contains(`${PANEL} button.btn-primary`).click();
    expect.verifySteps(["call.extension"]);
});

test("nothing is shown once everything is done", async () => {
    await openList(["system", "phones", "roles"]);
    expect(".o_list_view").toHaveCount(1);
    expect(PANEL).toHaveCount(0);
});

test("it can be hidden", async () => {
    onRpc("action_close_call_steps", () => {
        expect.step("hidden");
        return true;
    });
    await openList();
    await contains(`${PANEL} .btn-close`).click();
    expect.verifySteps(["hidden"]);
    expect(PANEL).toHaveCount(0);
});

test("who administers no calls is not asked for the steps", async () => {
    onRpc("has_group", () => false);
    onRpc("get_call_steps", () => expect.step("asked"));
    await openList();
    expect(PANEL).toHaveCount(0);
    expect.verifySteps([]);
});
