import { advanceTime, animationFrame, beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import {
    contains,
    getService,
    mountView,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { CallCall, defineCallModels } from "./call_handling_test_helpers";

import { mailModels } from "@mail/../tests/mail_test_helpers";
import { CallDialField } from "@call_handling/call_dial_field/call_dial_field";
import { browser } from "@web/core/browser/browser";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { session } from "@web/session";

defineCallModels();

const NUMBER = "+12025550142";
const ANNA = 501;
let answers;

beforeEach(() => {
    answers = {
        prepare: { state: "ready", id: 7 },
        start: { state: "dialling", message: "Your phone 101 rings.", pbx_id: 3, script: [] },
    };
    mailModels.ResPartner._records.push({ id: ANNA, name: "Anna", phone: NUMBER });
    patchWithCleanup(session, { call_handling: { call_card: true, dials: true } });
    onRpc("call.call", "get_cards", () => []);
    for (const method of ["prepare", "start"]) {
        onRpc("call.dial", method, ({ args }) => {
            expect.step([method, ...args]);
            return answers[method];
        });
    }
});

async function openContact(type = "form") {
    const field = `<field name="phone" widget="phone"/>`;
    const readonly = `<field name="phone" widget="phone" readonly="1"/>`;
    const archs = {
        form: `<form>${field}</form>`,
        list: `<list><field name="name"/>${readonly}</list>`,
    };
    await mountView({
        type,
        resModel: "res.partner",
        resId: type === "form" ? ANNA : undefined,
        domain: [["id", "=", ANNA]],
        arch: archs[type],
    });
}

test("the button next to a number dials it for the record", async () => {
    await openContact();
    await contains(".o_call_dial_button").click();
    expect.verifySteps([
        ["prepare", NUMBER, "res.partner", ANNA, false],
        ["start", [7]],
    ]);
    expect(".o_notification_content").toHaveText("Your phone 101 rings.");
});

test("a number in a list is dialled without opening the record", async () => {
    await openContact("list");
    await contains(".o_form_uri").click();
    await contains(".o_call_dial_button").click();
    const prepare = ["prepare", NUMBER, "res.partner", ANNA, false];
    expect.verifySteps([prepare, ["start", [7]], prepare, ["start", [7]]]);
});

test("a number in a readonly form has the button too", async () => {
    await mountView({
        type: "form",
        resModel: "res.partner",
        resId: ANNA,
        arch: `<form edit="0"><field name="phone" widget="phone"/></form>`,
    });
    expect(".o_call_dial_button").toHaveCount(1);
    await contains(".o_form_uri").click();
    expect.verifySteps([
        ["prepare", NUMBER, "res.partner", ANNA, false],
        ["start", [7]],
    ]);
});

test("a number has only one button", async () => {
    await openContact();
    expect(".o_call_dial_button").toHaveCount(1);
    expect(".o_phone_form_link").toHaveCount(0);
});

test("without a telephone system that can dial, Odoo's link is shown", async () => {
    patchWithCleanup(session.call_handling, { dials: false });
    await openContact();
    expect(".o_call_dial_button").toHaveCount(0);
    expect(".o_phone_form_link").toHaveAttribute("href", `tel:${NUMBER}`);
});

test("the other numbers of the contact are offered", async () => {
    onRpc("call.dial", "get_numbers", ({ args }) => {
        expect.step(args);
        return [
            { number: NUMBER, label: "" },
            { number: "+493023125655", label: "mobile" },
        ];
    });
    await openContact();
    await contains(".o_call_dial_more").click();
    await animationFrame();
    expect(queryAllTexts(".o-dropdown-item")).toEqual([NUMBER, "+493023125655 mobile"]);
    await contains(".o-dropdown-item:contains(mobile)").click();
    expect.verifySteps([
        ["res.partner", ANNA],
        ["prepare", "+493023125655", "res.partner", ANNA, false],
        ["start", [7]],
    ]);
});

test("telephone links anywhere are dialled", async () => {
    await mountWithCleanup(MainComponentsContainer);
    getService("call_handling.dialler");
    const link = document.createElement("a");
    Object.assign(link, { href: "tel:+1%20202", textContent: "x" });
    document.querySelector(".o-main-components-container").append(link);
    await contains("a[href^='tel:']").click();
    expect.verifySteps([
        ["prepare", "+1 202", false, false, false],
        ["start", [7]],
    ]);
});

test("a number on the do-not-call list needs a confirmation", async () => {
    answers.prepare = { state: "ask", message: "It is on the do-not-call list." };
    await mountWithCleanup(MainComponentsContainer);
    await getService("call_handling.dialler").dial(NUMBER);
    await animationFrame();
    expect(".modal-body").toHaveText("It is on the do-not-call list.");
    expect.verifySteps([["prepare", NUMBER, false, false, false]]);
    answers.prepare = { state: "ready", id: 7 };
    await contains(".modal-footer .btn-primary").click();
    expect.verifySteps([
        ["prepare", NUMBER, false, false, true],
        ["start", [7]],
    ]);
});

test("a call that is not confirmed is not dialled", async () => {
    answers.prepare = { state: "ask", message: "It is on the do-not-call list." };
    await mountWithCleanup(MainComponentsContainer);
    await getService("call_handling.dialler").dial(NUMBER);
    await animationFrame();
    await contains(".modal-footer .btn-secondary").click();
    expect.verifySteps([["prepare", NUMBER, false, false, false]]);
});

test("the reason why a number cannot be dialled is shown", async () => {
    answers.prepare = { state: "failed", message: "You have no phone that can dial." };
    await mountWithCleanup(MainComponentsContainer);
    await getService("call_handling.dialler").dial(NUMBER);
    await animationFrame();
    expect(".o_notification:has(.bg-danger)").toHaveText(/You have no phone that can dial/);
    expect.verifySteps([["prepare", NUMBER, false, false, false]]);
});

test("without a telephone system, the telephone link is opened", async () => {
    answers.prepare = { state: "link", href: "tel:+12025550142" };
    patchWithCleanup(browser, { open: (...args) => expect.step(args) });
    await mountWithCleanup(MainComponentsContainer);
    await getService("call_handling.dialler").dial(NUMBER);
    expect.verifySteps([
        ["prepare", NUMBER, false, false, false],
        ["tel:+12025550142", "_self"],
    ]);
});

test("the simulated telephone system plays the call", async () => {
    answers.start.script = [[0, { event: "ringing" }]];
    await mountWithCleanup(MainComponentsContainer);
    const dialler = getService("call_handling.dialler");
    patchWithCleanup(dialler.simulation, { play: (...args) => expect.step(args) });
    await dialler.dial(NUMBER);
    expect.verifySteps([
        ["prepare", NUMBER, false, false, false],
        ["start", [7]],
        [3, [[0, { event: "ringing" }]]],
    ]);
});

test("a double click starts only one call", async () => {
    await mountWithCleanup(MainComponentsContainer);
    const dialler = getService("call_handling.dialler");
    await Promise.all([dialler.dial(NUMBER), dialler.dial(NUMBER)]);
    expect.verifySteps([
        ["prepare", NUMBER, false, false, false],
        ["start", [7]],
    ]);
});

test("the dial field finds contacts and accepts typed numbers", async () => {
    const numbers = [{ number: NUMBER, label: "mobile" }];
    const anna = { id: ANNA, name: "Anna", company: "Nordwind AG", numbers };
    onRpc("call.dial", "find", ({ args: [term] }) => (term === "anna" ? [anna] : []));
    await mountWithCleanup(CallDialField);
    await contains(".o_call_dial_field input").edit("anna", { confirm: false });
    await advanceTime(300);
    await contains(".o-autocomplete--dropdown-item").click();
    expect.verifySteps([
        ["prepare", NUMBER, "res.partner", ANNA, false],
        ["start", [7]],
    ]);
    await contains(".o_call_dial_field input").edit("030 23125", { confirm: false });
    await advanceTime(300);
    await contains(".o-autocomplete--dropdown-item:contains(Call this number)").click();
    expect.verifySteps([
        ["prepare", "030 23125", false, false, false],
        ["start", [7]],
    ]);
});

test("a list has a button that dials, unless nothing can be dialled", async () => {
    CallCall._records = [
        { id: 1, remote_number: NUMBER },
        { id: 2, remote_number: false },
    ];
    await mountView({
        type: "list",
        resModel: "call.call",
        arch: `<list><field name="remote_number" widget="call_dial" nolabel="1"/></list>`,
    });
    expect(".o_call_dial_button").toHaveCount(1);
    expect(".o_call_dial_more").toHaveCount(0);
    await contains(".o_call_dial_button").click();
    expect.verifySteps([
        ["prepare", NUMBER, "call.call", 1, false],
        ["start", [7]],
    ]);
});
