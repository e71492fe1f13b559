import { animationFrame, beforeEach, describe, expect, resize, test } from "@odoo/hoot";
import { queryAllTexts, queryOne } from "@odoo/hoot-dom";
import {
    contains,
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
    expect(dock.getStyle({ ...HUB, opened: [chat, chat, chat] })).toBe("inset-inline-start: 16px");
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
