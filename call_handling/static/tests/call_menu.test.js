import { advanceTime, animationFrame, beforeEach, expect, mockDate, test } from "@odoo/hoot";
import {
    contains,
    getService,
    MockServer,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { defineCallModels, makeCard } from "./call_handling_test_helpers";

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

test("the count of those to call back is seen without opening it", async () => {
    await mountWithCleanup(CallMenu);
    await animationFrame();
    expect(".o_call_menu_count").toHaveText("3");
});

test("a call that is missed is counted without asking", async () => {
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

test("it lists those to call back, the last calls and the own phone", async () => {
    await openMenu();
    expect("[aria-label='To call back'] .o_call_line").toHaveText(/Anna\s*1 hour ago/);
    expect("[aria-label='Last calls'] .o_call_line").toHaveText(/Bert\s*1 hour ago\s*Offer/);
    expect(".o_call_menu footer").toHaveText(/Your phone: 101/);
    expect("[aria-label=Running]").toHaveCount(0);
});

test("who has no phone is told what to do", async () => {
    menu.extensions = "";
    await openMenu();
    expect(".o_call_menu footer").toHaveText(/You have no phone yet/);
});

test("the card of a running call is opened again", async () => {
    onRpc("call.call", "action_open_card", ({ args }) => {
        expect.step(args);
        return true;
    });
    menu.running = [{ ...MISSED, id: 1, type: "incoming" }];
    await openMenu();
    onRpc("call.call", "get_cards", () => [makeCard({ state: "ongoing", spoke: true })]);
    await contains("[aria-label=Running] .btn").click();
    await animationFrame();
    expect.verifySteps([[[1]]]);
    expect(".o_call_card_name").toHaveText("Anna");
});

test("do not disturb: it is saved, and no card is shown", async () => {
    onRpc("res.users", "write", ({ args }) => {
        expect.step(args[1]);
        return true;
    });
    onRpc("call.call", "get_cards", () => [makeCard()]);
    await openMenu();
    expect(".o_call_card").toHaveCount(1);
    await contains("#o_call_menu_busy").click();
    await animationFrame();
    expect.verifySteps([{ call_status: "busy" }]);
    expect(".o_call_card").toHaveCount(0);
});

test("the status that is set on another device is the status here", async () => {
    await openMenu();
    expect("#o_call_menu_busy").not.toBeChecked();
    const type = "call_handling.preferences/changed";
    MockServer.env["bus.bus"]._sendone("broadcast", type, { call_status: "busy" });
    await waitNotifications([type]);
    await animationFrame();
    expect("#o_call_menu_busy").toBeChecked();
});

/** A browser that keeps what it was asked to notify of. */
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

test("notifications of the browser are offered as long as they are not decided about", async () => {
    mockNotifications("default");
    await openMenu();
    await contains(".o_call_menu footer .btn").click();
    await animationFrame();
    expect(".o_call_menu footer .btn").toHaveCount(0);
});

test("who does not look at Odoo is notified by the browser, until it rings no more", async () => {
    mockNotifications("granted");
    await mountWithCleanup(MainComponentsContainer);
    const alerts = getService("call_handling.alerts");
    patchWithCleanup(alerts.presence, { isOdooFocused: () => false });
    patchWithCleanup(alerts.multi_tab, { isOnMainTab: async () => true });
    await alerts.follow([makeCard()]);
    const body = "Nordwind AG\n+1 202-555-0142\nSales hotline";
    expect.verifySteps([["Call from Anna", body, "call_handling.1"]]);
    await alerts.follow([makeCard()]);
    await alerts.follow([]);
    expect.verifySteps(["closed"]);
});

test("who looks at Odoo is not notified twice, and other tabs are silent", async () => {
    mockNotifications("granted");
    await mountWithCleanup(MainComponentsContainer);
    const alerts = getService("call_handling.alerts");
    let isMain = true;
    patchWithCleanup(alerts.multi_tab, { isOnMainTab: async () => isMain });
    patchWithCleanup(alerts.presence, { isOdooFocused: () => isMain });
    await alerts.follow([makeCard()]);
    isMain = false;
    await alerts.follow([makeCard()]);
    expect.verifySteps([]);
});

test("it rings only if that was chosen, and only while the phone does", async () => {
    await mountWithCleanup(MainComponentsContainer);
    const alerts = getService("call_handling.alerts");
    patchWithCleanup(alerts.multi_tab, { isOnMainTab: async () => true });
    patchWithCleanup(alerts.ringer, { play: () => expect.step("ring") });
    await alerts.follow([makeCard()]);
    expect.verifySteps([]);
    await alerts.follow([]);
    alerts.calls.preferences.call_sound = true;
    await alerts.follow([makeCard({ direction: "outgoing" })]);
    expect.verifySteps([]);
    await alerts.follow([makeCard()]);
    await advanceTime(3000);
    expect.verifySteps(["ring", "ring"]);
    await alerts.follow([]);
    await advanceTime(9000);
    expect.verifySteps([]);
});
