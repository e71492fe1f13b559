import { beforeEach, expect, test } from "@odoo/hoot";
import { waitFor, waitForNone } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    MockServer,
    mockService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { waitForChannels, waitNotifications } from "@bus/../tests/bus_test_helpers";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { CallWallboard } from "@call_handling/call_wallboard/call_wallboard";
import { PAUSE } from "@call_handling/phone_states/phone_states";
import { defineCallModels } from "./call_handling_test_helpers";

defineCallModels();

let isOffline;

beforeEach(() => {
    isOffline = false;
    browser.localStorage.clear();
});

// What the server sends, see models/call/card.py and models/pbx/phone_states.py.
const CHANGES = [
    ["call_handling.phones", "call_handling.phone/changed"],
    ["call_handling.calls", "call_handling.call/changed"],
];

const VALUE = (name) => `.o_call_board[data-name=${name}] .o_call_board_value`;

const GROUP = (name) => `.o_call_wallboard_group[data-name=${name}]`;

/**
 * Shows the wallboard, and adds a step for each of its requests.
 *
 * @param {object} [values] of the server's answer
 */
async function openWallboard(values) {
    await mountWallboard(values, (scope) => expect.step(scope));
    expect.verifySteps(["all"]);
}

/**
 * Shows the wallboard.
 *
 * @param {object} values of the server's answers, also of later ones if they are changed
 * @param {(scope: string) => void} onRead called with each request
 */
async function mountWallboard(values, onRead) {
    onRpc("call.report", "get_wallboard", ({ args }) => {
        onRead(args[0]);
        if (isOffline) {
            throw new ConnectionLostError();
        }
        return {
            scopes: [
                ["all", "All calls"],
                ["department:3", "Support"],
            ],
            today: { offered: 9, missed: 2, service_base: 8, service_level: 0.75, service_goal: 0.8 },
            waiting: [95, 10],
            talking: [
                { id: 1, name: "Anna", seconds: 60 },
                { id: 2, name: "Ben", seconds: 5 },
            ],
            available: { free: ["Carl"], dnd: [] },
            callbacks: { open: 3, late: 1 },
            ...values,
        };
    });
    await mountWithCleanup(CallWallboard, { props: { action: {}, actionId: 1 } });
}

test("it shows who waits, who speaks and how today is going", async () => {
    await openWallboard();
    expect(VALUE("waiting")).toHaveText("2");
    expect(VALUE("longest")).toHaveText("1:35");
    expect(VALUE("service")).toHaveText("75%");
    expect(VALUE("missed")).toHaveText("2");
    expect(VALUE("late")).toHaveText("1");
    expect(VALUE("talking")).toHaveText("2");
    expect(`${GROUP("talking")} li:eq(0)`).toHaveText(/Anna\s*1:00/);
});

test("the clocks go on between messages", async () => {
    await openWallboard();
    await advanceTime(10_000);
    expect(VALUE("longest")).toHaveText("1:45");
    expect(`${GROUP("talking")} li:eq(0)`).toHaveText(/Anna\s*1:10/);
    expect.verifySteps([]);
});

test("nobody is named where the server names nobody", async () => {
    await openWallboard({
        talking: [{ id: 1, name: "", seconds: 60 }],
        available: { free: [], dnd: [] },
    });
    expect(VALUE("talking")).toHaveText("1");
    expect(".o_call_wallboard_people").toHaveCount(0);
});

test("it shows who is free and who is not to be disturbed, as far as it is known", async () => {
    const free = Array.from({ length: 12 }, (_, i) => `Person ${i}`);
    await openWallboard({ available: { free, dnd: ["Eve"] } });
    expect(`${GROUP("free")} li`).toHaveCount(11);
    expect(`${GROUP("free")} li:eq(10)`).toHaveText("+2");
    expect(`${GROUP("dnd")} h2`).toHaveText("Do not disturb");
    expect(`${GROUP("dnd")} li`).toHaveText("Eve");
});

test("nothing is said of states that nobody has reported", async () => {
    await openWallboard({ available: { free: [], dnd: [] } });
    expect(GROUP("free")).toHaveCount(0);
    expect(GROUP("dnd")).toHaveCount(0);
});

test("it is loaded again when a phone does something else, and when a call changes", async () => {
    const values = { waiting: [] };
    await mountWallboard(values, () => {});
    for (const [channel, message] of CHANGES) {
        await waitForChannels([channel]);
        values.waiting = [...values.waiting, 10];
        MockServer.env["bus.bus"]._sendone(channel, message, {});
        await waitNotifications([message]);
        await advanceTime(PAUSE);
        await animationFrame();
        expect(VALUE("waiting")).toHaveText(`${values.waiting.length}`);
    }
});

test("it is loaded again every minute, also without a message", async () => {
    await openWallboard();
    await advanceTime(59_000);
    expect.verifySteps([]);
    await advanceTime(2_000);
    expect.verifySteps(["all"]);
});

test("it is read from any database, but after a message from the primary one", async () => {
    const databases = [];
    await openWallboard();
    await waitForChannels(["call_handling.calls"]);
    onRpc("call.report", "get_wallboard", ({ kwargs }) => {
        databases.push(kwargs.context.call_handling_primary ? "primary" : "any");
    });
    await advanceTime(61_000);
    MockServer.env["bus.bus"]._sendone("call_handling.calls", "call_handling.call/changed", {});
    await waitNotifications(["call_handling.call/changed"]);
    await advanceTime(PAUSE);
    expect(databases).toEqual(["any", "primary"]);
    expect.verifySteps(["all", "all"]);
});

test("a lost connection is shown, with the time of what is shown, until it is back", async () => {
    await openWallboard();
    isOffline = true;
    await advanceTime(61_000);
    expect.verifySteps(["all"]);
    await waitFor(".o_call_wallboard_lost", { timeout: 5000 });
    expect(".o_call_wallboard_lost").toHaveText(/No connection. Trying again. Last figures: \d\d:\d\d:\d\d/);
    expect(VALUE("missed")).toHaveText("2");
    isOffline = false;
    await advanceTime(6_000);
    expect.verifySteps(["all"]);
    await waitForNone(".o_call_wallboard_lost", { timeout: 5000 });
});

test("a department is chosen and remembered", async () => {
    await openWallboard();
    await contains("select").select("department:3");
    expect.verifySteps(["department:3"]);
    expect(browser.localStorage.getItem("call_handling.wallboard.scope")).toBe("department:3");
});

test("it is closed to the dashboard", async () => {
    mockService("action", { doAction: (action) => expect.step(action) });
    await openWallboard();
    await contains("button[title=Close]").click();
    expect.verifySteps(["call_handling.call_dashboard_action"]);
});
