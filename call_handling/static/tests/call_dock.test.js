import { animationFrame, beforeEach, describe, expect, resize, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import {
    contains,
    getService,
    mockService,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { defineCallModels, getCardData } from "./call_handling_test_helpers";

import { CallDock } from "@call_handling/call_dock/call_dock_service";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { session } from "@web/session";
import { Component, xml } from "@odoo/owl";

defineCallModels();

/** A view with a wide and a narrow button in the lower part of the screen. */
class View extends Component {
    static components = { MainComponentsContainer };
    static props = {};
    static template = xml`
        <div class="o_action_manager">
            <button class="left position-fixed bottom-0 start-0" style="width: 100px; height: 40px;">L</button>
            <button class="right position-fixed bottom-0 end-0" style="width: 100px; height: 40px;">R</button>
            <div class="o_form_view">
                <input class="field position-fixed top-0 start-0"/>
                <button class="position-fixed" style="bottom: 120px; inset-inline-end: 40px; width: 60px; height: 30px;">B</button>
            </div>
            <button class="wide position-fixed start-0 end-0" style="bottom: 60px; width: 100%; height: 40px;">W</button>
        </div>
        <MainComponentsContainer/>`;
}

const HUB = {
    BUBBLE_START: 15,
    BUBBLE: 56,
    BUBBLE_OUTER: 10,
    WINDOW: 380,
    WINDOW_INBETWEEN: 5,
    compact: false,
    showConversations: true,
    opened: [],
};

let cards;

beforeEach(() => {
    cards = [];
    patchWithCleanup(session, {
        call_handling: { call_card: true, call_sound: false, call_status: "available" },
    });
    onRpc("call.call", "get_cards", () => cards);
});

async function openView(...initialCards) {
    cards = initialCards;
    await mountWithCleanup(View, { noMainContainer: true });
    await animationFrame();
}

function getSide() {
    const { left, right } = queryOne(".o_call_cards").getBoundingClientRect();
    return left < window.innerWidth - right ? "left" : "right";
}

describe.current.tags("desktop");

test("cards are at the lower right, and can be moved to the other side for good", async () => {
    await openView(getCardData());
    expect(getSide()).toBe("right");
    await contains(".o_call_card_more").click();
    await contains(".o-dropdown-item:contains(Other Side)").click();
    expect(getSide()).toBe("left");
    expect(new CallDock().isAtStart).toBe(true);
    await contains(".o_call_card_more").click();
    await contains(".o-dropdown-item:contains(Other Side)").click();
    expect(getSide()).toBe("right");
    expect(new CallDock().isAtStart).toBe(false);
});

test("cards give way to what has the focus", async () => {
    await openView(getCardData());
    queryOne(".right").focus();
    await animationFrame();
    expect(getSide()).toBe("left");
    queryOne(".left").focus();
    await animationFrame();
    expect(getSide()).toBe("right");
    expect(".o_call_card_open").toHaveCount(1);
    queryOne(".wide").focus();
    await animationFrame();
    expect(".o_call_card_open").toHaveCount(0);
    expect(document.activeElement).toBe(queryOne(".wide"));
});

test("views know how high the cards are, to be scrolled out from below them", async () => {
    await openView(getCardData());
    await new Promise((resolve) => new ResizeObserver(resolve).observe(queryOne(".o_call_cards")));
    const { style } = document.documentElement;
    const height = parseInt(style.getPropertyValue("--o-call-cards-height"));
    expect(height).toBe(queryOne(".o_call_cards").offsetHeight);
});

test("cards are beside the windows of chats, or on the other side if there is no room", () => {
    const dock = new CallDock();
    const chat = { canShow: true };
    dock.width = 1400;
    expect(dock.getStyle({ ...HUB, showConversations: false })).toBe("inset-inline-end: 16px");
    expect(dock.getStyle(HUB)).toBe("inset-inline-end: 97px");
    expect(dock.getStyle({ ...HUB, opened: [chat] })).toBe("inset-inline-end: 487px");
    expect(dock.getStyle({ ...HUB, compact: true, opened: [chat] })).toBe("inset-inline-end: 97px");
    const full = { ...HUB, opened: [chat, chat, chat] };
    expect(dock.hasRoom(full)).toBe(false);
    expect(dock.getStyle(full)).toBe("inset-inline-start: 16px; inset-block-end: 96px");
    dock.changeSide();
    expect(dock.getStyle({ ...HUB, opened: [chat] })).toBe("inset-inline-start: 16px");
    expect(dock.getStyle(full)).toBe("inset-inline-start: 16px; inset-block-end: 96px");
});

/** Returns an element with a place of its own. */
function getElement(x, y, width, height) {
    const element = document.createElement("div");
    element.getBoundingClientRect = () => new DOMRect(x, y, width, height);
    return element;
}

test("on the other side, cards are beside the windows of chats", () => {
    const dock = new CallDock();
    dock.width = 1400;
    dock.isAtStart = true;
    const chatHub = { ...HUB, opened: [{ canShow: true }] };
    const options = { chatHub, fold: () => expect.step("fold") };
    const cards = getElement(16, 300, 368, 450);
    dock.giveWay(cards, getElement(600, 400, 40, 40), options);
    expect(dock.hasGivenWay).toBe(false);
    // at the left, and also where the cards would be: from 545 to 913
    dock.giveWay(cards, getElement(20, 400, 800, 40), options);
    expect(dock.hasGivenWay).toBe(false);
    expect.verifySteps(["fold"]);
    dock.giveWay(cards, getElement(20, 400, 500, 40), options);
    expect(dock.hasGivenWay).toBe(true);
    expect.verifySteps([]);
});

test("cards are folded if chats leave no room on the other side", () => {
    const dock = new CallDock();
    dock.width = 1400;
    const chat = { canShow: true };
    const chatHub = { ...HUB, opened: [chat, chat, chat] };
    const options = { chatHub, fold: () => expect.step("fold") };
    dock.giveWay(getElement(16, 300, 368, 450), getElement(20, 400, 40, 40), options);
    expect(dock.hasGivenWay).toBe(false);
    expect.verifySteps(["fold"]);
});

test("cards are folded or moved if they would cover buttons of the form in use", async () => {
    await openView(getCardData());
    queryOne(".field").focus();
    await animationFrame();
    expect(getSide()).toBe("left");
    expect(".o_call_card_open").toHaveCount(1);
});

test("a card that opens gives way to what is in use", async () => {
    await openView();
    queryOne(".right").focus();
    cards = [getCardData()];
    await getService("call_handling.calls").read();
    await animationFrame();
    await new Promise((resolve) => new ResizeObserver(resolve).observe(queryOne(".o_call_cards")));
    await animationFrame();
    expect(getSide()).toBe("left");
});

test("the other side is not offered where chats leave no room for it", async () => {
    await openView(getCardData({ can: { make_private: true } }));
    await contains(".o_call_card_more").click();
    expect(queryAllTexts(".o-dropdown-item")).toEqual(["Other Side", "Private"]);
    await contains(".o_call_card_more").click();
    getService("call_handling.dock").width = 390;
    await contains(".o_call_card_more").click();
    expect(queryAllTexts(".o-dropdown-item")).toEqual(["Private"]);
});

test("on a small screen one card is shown, and the others are chips", async () => {
    await resize({ width: 390, height: 800 });
    mockService("ui", { isSmall: true });
    const bert = getCardData({ id: 2, name: "Bert" });
    await openView(getCardData(), bert, getCardData({ id: 3, name: "Carl" }));
    expect(queryAllTexts(".o_call_card_name")).toEqual(["Carl"]);
    expect(queryAllTexts(".o_call_chip")).toEqual(["Anna", "Bert"]);
    await contains(".o_call_chip:contains(Anna)").click();
    expect(queryAllTexts(".o_call_card_name")).toEqual(["Anna"]);
    expect(".o_call_card_open").toHaveCount(1);
    expect(queryAllTexts(".o_call_chip")).toEqual(["Bert", "Carl"]);
    expect(queryOne(".o_call_cards").getAttribute("style") || "").toBe("");
});
