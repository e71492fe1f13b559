import { advanceTime, animationFrame, beforeEach, expect, mockDate, test } from "@odoo/hoot";
import { queryAll } from "@odoo/hoot-dom";
import {
    contains,
    getService,
    MockServer,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { defineCallModels, getCardData } from "./call_handling_test_helpers";

import { waitNotifications } from "@bus/../tests/bus_test_helpers";
import { CallMenu, PAUSE } from "@call_handling/call_menu/call_menu";
import { browser } from "@web/core/browser/browser";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { session } from "@web/session";

defineCallModels();

const MISSED = {
    id: 7,
    date: "2026-11-23 09:00:00",
    type: "unanswered",
    name: "Anna",
    number: "+12025550142",
    person: "",
    summary: "",
};
let menu;

beforeEach(() => {
    menu = {
        running: [],
        to_call_back: [MISSED],
        to_call_back_count: 3,
        last: [{ ...MISSED, id: 8, type: "outgoing", name: "Bert", summary: "Offer" }],
        extensions: "101",
    };
    mockDate("2026-11-23 10:00:00");
    patchWithCleanup(session, {
        call_handling: { call_card: true, call_sound: false, call_status: "available" },
    });
    onRpc("call.call", "get_cards", () => []);
    onRpc("call.call", "get_menu", () => menu);
});

async function openMenu() {
    await mountWithCleanup(MainComponentsContainer);
    await mountWithCleanup(CallMenu);
    await animationFrame();
    await contains(".o_call_menu_button").click();
    await animationFrame();
}

test("the closed menu shows how many calls to call back there are", async () => {
    await mountWithCleanup(CallMenu);
    await animationFrame();
    expect(".o_call_menu_count").toHaveText("3");
});

test("the number is updated after a missed call", async () => {
    await mountWithCleanup(CallMenu);
    await animationFrame();
    menu = { ...menu, to_call_back_count: 4 };
    const type = "call_handling.card/changed";
    MockServer.env["bus.bus"]._sendone("broadcast", type, { call_id: 9, state: "ended" });
    await waitNotifications([type]);
    await advanceTime(PAUSE);
    await animationFrame();
    expect(".o_call_menu_count").toHaveText("4");
});

test("each call shows its type", async () => {
    const types = ["incoming", "outgoing", "unanswered", "internal"];
    menu = { ...menu, last: types.map((type, index) => ({ ...MISSED, id: 10 + index, type })) };
    await openMenu();
    const icons = queryAll("[aria-label='Last calls'] .o_call_line > i");
    const names = icons.map((icon) => icon.getAttribute("aria-label"));
    expect(names).toEqual(["Incoming", "Outgoing", "Missed", "Internal"]);
});

test("the menu lists calls to call back, last calls and the user's phone", async () => {
    await openMenu();
    expect("[aria-label='To call back'] .o_call_line").toHaveText(/Anna\s*1 hour ago/);
    expect("[aria-label='Last calls'] .o_call_line").toHaveText(/Bert\s*1 hour ago\s*Offer/);
    expect(".o_call_menu footer").toHaveText(/Your phone: 101/);
    expect("[aria-label=Running]").toHaveCount(0);
});

test("a user without a phone gets a hint", async () => {
    menu.extensions = "";
    await openMenu();
    expect(".o_call_menu footer").toHaveText(/You have no phone yet/);
});

test("it is read from any database, but after a message from the primary one", async () => {
    onRpc("call.call", "get_menu", ({ kwargs }) => {
        expect.step(kwargs.context.call_handling_primary ? "primary" : "any");
        return menu;
    });
    await mountWithCleanup(CallMenu);
    await animationFrame();
    expect.verifySteps(["any"]);
    const message = { call_id: 1, state: "ringing" };
    MockServer.env["bus.bus"]._sendone("broadcast", "call_handling.card/changed", message);
    await waitNotifications(["call_handling.card/changed"]);
    await advanceTime(PAUSE);
    await animationFrame();
    expect.verifySteps(["primary"]);
});

test("the card of a running call can be reopened", async () => {
    onRpc("call.call", "action_open_card", ({ args }) => {
        expect.step(args);
        return true;
    });
    menu.running = [{ ...MISSED, id: 1, type: "incoming" }];
    await openMenu();
    onRpc("call.call", "get_cards", () => [getCardData({ state: "ongoing", spoke: true })]);
    await contains("[aria-label=Running] .btn").click();
    await animationFrame();
    expect.verifySteps([[[1]]]);
    expect(".o_call_card_name").toHaveText("Anna");
});

test("do not disturb is saved and hides cards", async () => {
    onRpc("res.users", "write", ({ args }) => {
        expect.step(args[1]);
        return true;
    });
    onRpc("call.call", "get_cards", () => [getCardData()]);
    await openMenu();
    expect(".o_call_card").toHaveCount(1);
    await contains("#o_call_menu_busy").click();
    await animationFrame();
    expect.verifySteps([{ call_status: "busy" }]);
    expect(".o_call_card").toHaveCount(0);
});

test("a status that is set on another device is applied", async () => {
    await openMenu();
    expect("#o_call_menu_busy").not.toBeChecked();
    const type = "call_handling.preferences/changed";
    MockServer.env["bus.bus"]._sendone("broadcast", type, { call_status: "busy" });
    await waitNotifications([type]);
    await animationFrame();
    expect("#o_call_menu_busy").toBeChecked();
});

/** Mocks browser notifications; each one adds a step. */
function mockNotifications(permission) {
    class Notification extends EventTarget {
        static permission = permission;
        static requestPermission() {
            Notification.permission = "granted";
        }
        constructor(title, { body, tag }) {
            super();
            expect.step([title, body, tag]);
        }
        close() {
            expect.step("closed");
        }
    }
    patchWithCleanup(browser, { Notification });
}

test("browser notifications are offered until the user decides", async () => {
    mockNotifications("default");
    await openMenu();
    await contains(".o_call_menu footer .btn").click();
    await animationFrame();
    expect(".o_call_menu footer .btn").toHaveCount(0);
});

test("a browser notification is shown while a call rings in the background", async () => {
    mockNotifications("granted");
    await mountWithCleanup(MainComponentsContainer);
    const alerts = getService("call_handling.alerts");
    patchWithCleanup(alerts.presence, { isOdooFocused: () => false });
    patchWithCleanup(alerts.multi_tab, { isOnMainTab: async () => true });
    await alerts.follow([getCardData()]);
    const body = "Nordwind AG\n+1 202-555-0142\nSales hotline";
    expect.verifySteps([["Call from Anna", body, "call_handling.1"]]);
    await alerts.follow([getCardData()]);
    await alerts.follow([]);
    expect.verifySteps(["closed"]);
});

test("a focused or secondary tab shows no browser notification", async () => {
    mockNotifications("granted");
    await mountWithCleanup(MainComponentsContainer);
    const alerts = getService("call_handling.alerts");
    let isMain = true;
    patchWithCleanup(alerts.multi_tab, { isOnMainTab: async () => isMain });
    patchWithCleanup(alerts.presence, { isOdooFocused: () => isMain });
    await alerts.follow([getCardData()]);
    isMain = false;
    await alerts.follow([getCardData()]);
    expect.verifySteps([]);
});

test("the sound is played if enabled, while an incoming call rings", async () => {
    await mountWithCleanup(MainComponentsContainer);
    const alerts = getService("call_handling.alerts");
    patchWithCleanup(alerts.multi_tab, { isOnMainTab: async () => true });
    patchWithCleanup(alerts.ringer, { play: () => expect.step("ring") });
    await alerts.follow([getCardData()]);
    expect.verifySteps([]);
    await alerts.follow([]);
    alerts.calls.preferences.call_sound = true;
    await alerts.follow([getCardData({ direction: "outgoing" })]);
    expect.verifySteps([]);
    await alerts.follow([getCardData()]);
    await advanceTime(3000);
    expect.verifySteps(["ring", "ring"]);
    await alerts.follow([]);
    await advanceTime(9000);
    expect.verifySteps([]);
});

test("proposals that wait for the user are counted, and opened with a click", async () => {
    mockService("action", { doAction: (action) => expect.step(action) });
    menu.proposal_count = 2;
    await openMenu();
    expect(".o_call_menu_proposals").toHaveText("Proposals to decide: 2");
    await contains(".o_call_menu_proposals").click();
    expect.verifySteps(["call_handling.call_proposal_action"]);
    expect(".o_call_menu").toHaveCount(0);
});
