import {
    advanceTime,
    animationFrame,
    beforeEach,
    Deferred,
    describe,
    expect,
    mockDate,
    runAllTimers,
    test,
} from "@odoo/hoot";
import { press, queryAllTexts } from "@odoo/hoot-dom";
import {
    contains,
    getService,
    makeServerError,
    MockServer,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import { CallCall, defineCallModels, getCardData } from "./call_handling_test_helpers";

import { waitNotifications } from "@bus/../tests/bus_test_helpers";
import { TYPING } from "@call_handling/call_drafts/call_drafts_service";
import { CLOSE_AFTER, FOLD_AFTER, LINGER } from "@call_handling/call_service/call_service";
import { browser } from "@web/core/browser/browser";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { session } from "@web/session";

defineCallModels();

const MESSAGE = "call_handling.card/changed";
let cards;

beforeEach(() => {
    cards = [];
    patchWithCleanup(session, {
        call_handling: { call_card: true, call_sound: false, call_status: "available" },
    });
    onRpc("call.call", "get_cards", ({ args: [ids] }) =>
        cards.filter((card) => (ids ? ids.includes(card.id) : !card.isOver))
    );
    onRpc("call.call", "action_close_card", ({ args }) => {
        expect.step(["closed", ...args[0]]);
        return true;
    });
});

/** Opens Odoo with these cards. */
async function openOdoo(...initialCards) {
    cards = initialCards;
    await mountWithCleanup(MainComponentsContainer);
    await animationFrame();
}

/** Changes a card on the server and sends the message about it. */
async function sendCard(values, state = values.state) {
    cards = [...cards.filter((card) => card.id !== values.id), values];
    await sendMessage({ call_id: values.id, state });
}

async function sendMessage(message) {
    MockServer.env["bus.bus"]._sendone("broadcast", MESSAGE, message);
    await waitNotifications([MESSAGE]);
    await animationFrame();
}

describe("card", () => {
    test("a card shows the caller, the number and the line", async () => {
        await openOdoo();
        expect(".o_call_card").toHaveCount(0);
        await sendCard(getCardData());
        expect(".o_call_card_name").toHaveText("Anna");
        expect(".o_call_card_company").toHaveText("Nordwind AG");
        expect(".o_call_card_facts").toHaveText(/\+1 202-555-0142\s*Sales hotline/);
        expect(".o_call_card_state").toHaveText("Ringing");
    });

    test("a card shows further fields of the call", async () => {
        const floor = { name: "floor", label: "Floor", value: "Third" };
        const contract = { name: "contract", label: "Contract", value: "Gold" };
        await openOdoo(getCardData({ facts: [floor, contract] }));
        expect(queryAllTexts(".o_call_card_details dt")).toEqual(["Floor", "Contract"]);
        expect(queryAllTexts(".o_call_card_details dd")).toEqual(["Third", "Gold"]);
    });

    test("a card is announced to screen readers without taking the focus", async () => {
        await openOdoo();
        const focused = document.activeElement;
        await sendCard(getCardData());
        expect("[role=status][aria-live=assertive]").toHaveText(/Call from Anna, Nordwind AG/);
        expect(document.activeElement).toBe(focused);
    });

    test("a hotkey focuses the card", async () => {
        await openOdoo(getCardData());
        await press(["alt", "shift", "c"]);
        await animationFrame();
        expect(".o_call_card").toBeFocused();
    });

    test("the card of a running call is shown after a reload", async () => {
        await openOdoo(getCardData({ state: "ongoing", spoke: true, seconds: 62 }));
        expect(".o_call_card_state").toHaveText("Talking 1:02");
    });

    test("a card is updated with the call and counts the talk time", async () => {
        mockDate("2026-11-23 10:00:00");
        await openOdoo(getCardData());
        await sendCard(getCardData({ state: "ongoing", spoke: true, seconds: 3 }));
        expect(".o_call_elapsed").toHaveText("0:03");
        await advanceTime(2000);
        await animationFrame();
        expect(".o_call_elapsed").toHaveText("0:05");
        await sendCard(getCardData({ state: "ended", spoke: true, seconds: 6 }));
        expect(".o_call_card_state").toHaveText("Ended 0:06");
        await advanceTime(LINGER * 2);
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_elapsed").toHaveText("0:06");
    });

    test("the card of a call that a colleague has answered closes automatically", async () => {
        await openOdoo(getCardData());
        await sendCard(getCardData({ state: "ended", taken_by: "Bert" }));
        expect(".o_call_card_state").toHaveText("Answered by Bert");
        await advanceTime(LINGER);
        await animationFrame();
        expect(".o_call_card").toHaveCount(0);
    });

    test("the end of a call opens no card", async () => {
        await openOdoo();
        await sendCard(getCardData({ state: "ended", spoke: true, isOver: true }));
        expect(".o_call_card").toHaveCount(0);
    });

    test("the notes of a colleague open no card", async () => {
        await openOdoo();
        await sendCard(getCardData({ state: "ended", taken_by: "Bert", isOver: true }), "changed");
        expect(".o_call_card").toHaveCount(0);
        await sendMessage({ call_id: 1, state: "opened" });
        expect(".o_call_card").toHaveCount(1);
    });

    test("closing a card closes it everywhere", async () => {
        await openOdoo(getCardData());
        await contains(".o_call_card_close").click();
        expect(".o_call_card").toHaveCount(0);
        expect.verifySteps([["closed", 1]]);
    });

    test("closing a card expands that of a running call, but none of an ended call", async () => {
        const over = getCardData({ id: 2, name: "Bert", state: "ended", spoke: true });
        await openOdoo(over, getCardData({ id: 3, name: "Carl" }), getCardData());
        await contains(".o_call_card_open .o_call_card_close").click();
        expect(".o_call_card_open .o_call_card_name").toHaveText("Carl");
        await contains(".o_call_card_open .o_call_card_close").click();
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_card_open").toHaveCount(0);
        expect.verifySteps([
            ["closed", 1],
            ["closed", 3],
        ]);
    });

    test("a card that is closed elsewhere is closed here", async () => {
        await openOdoo(getCardData());
        await sendMessage({ call_id: 1, state: "closed" });
        expect(".o_call_card").toHaveCount(0);
    });

    test("a card is removed when the user may not see the call any more", async () => {
        await openOdoo(getCardData());
        cards = [];
        await sendMessage({ call_id: 1, state: "changed" });
        expect(".o_call_card").toHaveCount(0);
    });

    test("the card of an ended call is collapsed after a reload", async () => {
        await openOdoo(getCardData({ state: "ended", spoke: true }));
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_card_open").toHaveCount(0);
        await contains(".o_call_card_toggle").click();
        expect(".o_call_card_open .o_call_card_note").toHaveCount(1);
    });

    test("only the last ended calls have a card", async () => {
        const over = { state: "ended", spoke: true };
        const names = ["Anna", "Bert", "Carl", "Dora"];
        await openOdoo(
            ...names.map((name, index) => getCardData({ id: index + 10, name, ...over })),
            getCardData({ id: 20, name: "Emil" })
        );
        expect(queryAllTexts(".o_call_card_name")).toEqual(["Carl", "Dora", "Emil"]);
    });

    test("only one card is expanded", async () => {
        await openOdoo(getCardData({ state: "ended", spoke: true }));
        await sendCard(getCardData({ id: 2, name: "Bert" }));
        expect(queryAllTexts(".o_call_card_name")).toEqual(["Anna", "Bert"]);
        expect(".o_call_card_open .o_call_card_name").toHaveText("Bert");
        await contains(".o_call_card:contains(Anna) .o_call_card_toggle").click();
        expect(".o_call_card_open .o_call_card_name").toHaveText("Anna");
    });

    test("a card stays expanded while the user is typing on it", async () => {
        await openOdoo(getCardData({ state: "ongoing", spoke: true }));
        await contains(".o_call_card_note").edit("Wants", { confirm: false });
        await sendCard(getCardData({ id: 2, name: "Bert" }));
        expect(".o_call_card_open .o_call_card_name").toHaveText("Anna");
        expect(".o_call_card_note").toBeFocused();
    });

    test("no card is shown while the user is busy", async () => {
        patchWithCleanup(session.call_handling, { call_status: "busy" });
        await openOdoo(getCardData());
        expect(".o_call_card").toHaveCount(0);
        getService("call_handling.calls").preferences.call_status = "available";
        await animationFrame();
        expect(".o_call_card").toHaveCount(1);
    });

    test("users without access to calls have no cards", async () => {
        patchWithCleanup(session, { call_handling: undefined });
        await openOdoo(getCardData());
        expect(".o_call_cards").toHaveCount(0);
    });

    test("HTML in names is shown as text", async () => {
        const evil = `<img class="evil" src="x"/>`;
        await openOdoo(getCardData({ name: evil, company: evil, number: evil }));
        expect(".o_call_card_name").toHaveText(evil);
        expect(".evil").toHaveCount(0);
    });

    test("a change during a request causes another request", async () => {
        await openOdoo(getCardData());
        let requests = 0;
        onRpc("call.call", "get_cards", async () => {
            requests++;
            return [getCardData(requests === 1 ? {} : { state: "ongoing", spoke: true })];
        });
        const calls = getService("call_handling.calls");
        const first = calls.read(1);
        calls.read(1);
        await first;
        await animationFrame();
        expect(requests).toBe(2);
        expect(".o_call_card_state").toHaveText("Talking 0:00");
    });
});

describe("joined calls", () => {
    const TALKING = { state: "ongoing", spoke: true, seconds: 5 };

    test("a card goes on with the call that its own one has become part of", async () => {
        onRpc("call.call", "save_card", ({ args: [id, values] }) => {
            expect.step([id, values.note, values.base]);
            return { note: values.note };
        });
        await openOdoo(getCardData({ id: 1, ...TALKING }));
        await contains(".o_call_card_note").edit("It smokes", { confirm: false });
        cards = [getCardData({ id: 2, name: "Berta", ...TALKING })];
        await sendMessage({ call_id: 1, state: "joined", joined_id: 2 });
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_card_name").toHaveText("Berta");
        expect(".o_call_card_note").toHaveValue("It smokes");
        expect(".o_call_card_note").toBeFocused();
        await advanceTime(TYPING);
        expect.verifySteps([[2, "It smokes", ""]]);
    });

    test("of two cards, one remains with what was typed on both", async () => {
        onRpc("call.call", "save_card", ({ args: [id, values] }) => {
            expect.step([id, values.note]);
            return { note: values.note };
        });
        await openOdoo(
            getCardData({ id: 1, ...TALKING }),
            getCardData({ id: 2, name: "Berta", ...TALKING })
        );
        getService("call_handling.drafts").write(cards[0], { note: "one" });
        getService("call_handling.drafts").write(cards[1], { note: "two" });
        cards = [cards[1]];
        await sendMessage({ call_id: 1, state: "joined", joined_id: 2 });
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_card_name").toHaveText("Berta");
        await advanceTime(TYPING);
        expect.verifySteps([[2, "two\none"]]);
    });
});

describe("contact", () => {
    test("the user can choose between several contacts", async () => {
        onRpc("call.call", "action_choose_partner", ({ args }) => {
            expect.step(args);
            cards = [getCardData({ name: "Bert" })];
            return true;
        });
        const candidates = [
            { id: 501, name: "Anna" },
            { id: 502, name: "Bert" },
        ];
        await openOdoo(getCardData({ name: "+1 202-555-0142", candidates, partner_id: false }));
        await contains(".o_call_card .btn:contains(Bert)").click();
        await animationFrame();
        expect.verifySteps([[[1], 502, false]]);
        expect(".o_call_card_name").toHaveText("Bert");
        expect("[aria-label='Who is it?']").toHaveCount(0);
    });

    test("a choice for all calls of the number may be a proposal", async () => {
        onRpc("call.call", "action_choose_partner", ({ args }) => {
            expect.step(args);
            cards = [getCardData({ name: "Bert" })];
            const params = { message: "Somebody else decides", type: "info" };
            return { type: "ir.actions.client", tag: "display_notification", params };
        });
        const candidates = [{ id: 502, name: "Bert" }];
        await openOdoo(getCardData({ candidates, partner_id: false }));
        await contains(".o_call_card .btn:contains(Always)").click();
        await animationFrame();
        expect.verifySteps([[[1], 502, true]]);
        expect(".o_notification").toHaveText("Somebody else decides");
        expect(".o_call_card_name").toHaveText("Bert");
    });

    test("actions that are not possible have no button", async () => {
        await openOdoo(getCardData({ partner_id: false }));
        expect(".o_call_card_contact .btn").toHaveCount(0);
    });

    test("last calls, open records and unpaid invoices are shown", async () => {
        mockDate("2026-11-23 10:00:00");
        await openOdoo(
            getCardData({
                calls: [
                    {
                        id: 7,
                        date: "2026-11-20 10:00:00",
                        type: "unanswered",
                        person: "Bert",
                        summary: "About the offer",
                    },
                ],
                links: [
                    {
                        model: "project.task",
                        label: "Tasks",
                        icon: "fa-tasks",
                        count: 5,
                        domain: [],
                        records: [{ id: 3, name: "Repair" }],
                    },
                ],
                unpaid: { count: 2, amount: "$ 120.00", domain: [] },
            })
        );
        expect(".o_call_card_calls li").toHaveText(/3 days ago, Bert\s*About the offer/);
        expect(".o_call_card_link").toHaveText(/Repair\s*All 5/);
        expect(".o_call_card_unpaid").toHaveText("Unpaid: $ 120.00 (2)");
    });
});

describe("more", () => {
    const TALKING = { state: "ongoing", spoke: true, can: { make_private: true } };
    const DIALOG = {
        type: "ir.actions.act_window",
        res_model: "call.private.confirm",
        target: "new",
        views: [[false, "form"]],
    };

    beforeEach(() => {
        CallCall._records = [{ id: 1 }];
        onRpc("call.call", "action_make_private", ({ args }) => {
            expect.step(["asked", ...args]);
            return DIALOG;
        });
        onRpc("call.private.confirm", "action_confirm", ({ kwargs }) => {
            expect.step(["confirmed", kwargs.context.call_handling_stay]);
            return makePrivate();
        });
    });

    function makePrivate() {
        cards = [];
        MockServer.env["call.call"].write([1], { is_private: true });
        return { type: "ir.actions.act_window_close" };
    }

    async function choose(label) {
        await contains(".o_call_card_more").click();
        await contains(`.o-dropdown-item:contains(${label})`).click();
        await animationFrame();
    }

    async function clickInDialog(label) {
        await contains(`.modal button:contains(${label})`).click();
        await animationFrame();
    }

    function getDrafts() {
        const { drafts, states } = getService("call_handling.drafts");
        const names = Object.keys(browser.localStorage);
        const stored = names.filter((name) => name.includes(".draft."));
        return { drafts: { ...drafts }, states: { ...states }, stored };
    }

    const NOTHING = { drafts: {}, states: {}, stored: [] };

    test("what is rarely needed and has consequences is in a menu", async () => {
        const can = { make_private: true, block_number: true };
        await openOdoo(getCardData({ partner_id: false, can }));
        expect(".o_call_card .btn:contains(Private)").toHaveCount(0);
        expect(".o_call_card .btn:contains(Unwanted)").toHaveCount(0);
        await contains(".o_call_card_more").click();
        expect(queryAllTexts(".o-dropdown-item")).toEqual(["Other Side", "Private", "Unwanted"]);
        expect.verifySteps([]);
    });

    test("a collapsed card has no menu, and that of a colleague's call nothing to decide", async () => {
        const can = { make_private: true, block_number: true };
        await openOdoo(getCardData({ can }));
        await contains(".o_call_card_toggle").click();
        expect(".o_call_card_more").toHaveCount(0);
        await contains(".o_call_card_toggle").click();
        await sendCard(getCardData({ can, state: "ended", taken_by: "Bert" }));
        await contains(".o_call_card_more").click();
        expect(queryAllTexts(".o-dropdown-item")).toEqual(["Other Side"]);
    });

    test("the menu is used with the keyboard, and Escape closes only the menu", async () => {
        const can = { make_private: true, block_number: true };
        onRpc("call.call", "action_block_number", () => {
            expect.step("unwanted");
            return false;
        });
        await openOdoo(getCardData({ can }));
        await press(["alt", "shift", "c"]);
        await press("Tab");
        expect(".o_call_card_toggle").toBeFocused();
        await press("Tab");
        expect(".o_call_card_more").toBeFocused();
        await press("Enter");
        await animationFrame();
        expect(".o-dropdown-item").toHaveCount(3);
        await press("Escape");
        await animationFrame();
        expect(".o-dropdown-item").toHaveCount(0);
        expect(".o_call_card_open").toHaveCount(1);
        expect(".o_call_card_more").toBeFocused();
        await press("Enter");
        await animationFrame();
        await press("ArrowUp");
        await animationFrame();
        expect(".o-dropdown-item:contains(Unwanted)").toHaveClass("focus");
        await press("Enter");
        await animationFrame();
        expect.verifySteps(["unwanted"]);
    });

    test("a call becomes private only after a dialog, and leaves nothing behind", async () => {
        await openOdoo(getCardData(TALKING));
        await contains(".o_call_card_note").edit("Dinner at eight", { confirm: false });
        await choose("Private");
        expect.verifySteps([["asked", [1]]]);
        expect(".modal").toHaveCount(1);
        expect(".o_call_card_note").toHaveValue("Dinner at eight");
        await clickInDialog("Confirm");
        expect.verifySteps([["confirmed", true]]);
        expect(".modal").toHaveCount(0);
        expect(".o_call_card").toHaveCount(0);
        await advanceTime(TYPING);
        expect(getDrafts()).toEqual(NOTHING);
    });

    test("whoever cancels keeps the card and what was typed", async () => {
        onRpc("call.call", "save_card", ({ args: [, values] }) => {
            expect.step(["saved", values.note]);
            return { note: values.note };
        });
        await openOdoo(getCardData(TALKING));
        await contains(".o_call_card_note").edit("Dinner at eight", { confirm: false });
        await choose("Private");
        await clickInDialog("Keep");
        expect(".modal").toHaveCount(0);
        expect(".o_call_card_open .o_call_card_note").toHaveValue("Dinner at eight");
        await advanceTime(TYPING);
        expect.verifySteps([
            ["asked", [1]],
            ["saved", "Dinner at eight"],
        ]);
        await contains(".o_call_card_note").edit("Dinner at nine", { confirm: false });
        await advanceTime(TYPING);
        expect.verifySteps([["saved", "Dinner at nine"]]);
    });

    test("a call that is made private during a save leaves nothing in the browser", async () => {
        const saved = new Deferred();
        onRpc("call.call", "save_card", () => saved);
        await openOdoo(getCardData(TALKING));
        await contains(".o_call_card_note").edit("Dinner at eight", { confirm: false });
        await advanceTime(TYPING);
        await choose("Private");
        await clickInDialog("Confirm");
        saved.resolve({ note: "Dinner at eight" });
        await animationFrame();
        expect.verifySteps([
            ["asked", [1]],
            ["confirmed", true],
        ]);
        expect(getDrafts()).toEqual(NOTHING);
    });

    test("what was typed on another screen is not kept when the call becomes private", async () => {
        await openOdoo(getCardData(TALKING));
        await contains(".o_call_card_note").edit("Dinner at eight", { confirm: false });
        makePrivate();
        await sendMessage({ call_id: 1, state: "closed" });
        expect(".o_call_card").toHaveCount(0);
        expect(getDrafts()).toEqual(NOTHING);
    });

    test("what was typed is not kept when a colleague makes the call private", async () => {
        onRpc("call.call", "read", () => {
            throw makeServerError({ message: "You may not see this call." });
        });
        await openOdoo(getCardData(TALKING));
        await contains(".o_call_card_note").edit("Dinner at eight", { confirm: false });
        await sendMessage({ call_id: 1, state: "closed" });
        expect(".modal").toHaveCount(0);
        expect(getDrafts()).toEqual(NOTHING);
    });

    test("what was typed is saved when the card is closed on another screen", async () => {
        onRpc("call.call", "save_card", ({ args: [, values] }) => {
            expect.step(["saved", values.note]);
            return { note: values.note };
        });
        await openOdoo(getCardData(TALKING));
        await contains(".o_call_card_note").edit("An offer", { confirm: false });
        await sendMessage({ call_id: 1, state: "closed" });
        await advanceTime(TYPING);
        expect.verifySteps([["saved", "An offer"]]);
    });

    test("an unknown number is marked as unwanted in a dialog", async () => {
        onRpc("call.call", "action_block_number", ({ args }) => {
            expect.step(["unwanted", ...args]);
            return DIALOG;
        });
        onRpc("call.private.confirm", "action_confirm", () => {
            cards = [];
            return { type: "ir.actions.act_window_close" };
        });
        const can = { block_number: true };
        await openOdoo(getCardData({ partner_id: false, can }));
        await choose("Unwanted");
        expect.verifySteps([["unwanted", [1]]]);
        expect(".o_call_card").toHaveCount(1);
        await clickInDialog("Confirm");
        expect(".o_call_card").toHaveCount(0);
    });
});

describe("notes", () => {
    const TALKING = { state: "ongoing", spoke: true };

    function stepSaves() {
        onRpc("call.call", "save_card", ({ args: [callId, values] }) => {
            expect.step([callId, values]);
            return { note: values.note };
        });
    }

    async function type(text, target = ".o_call_card_note") {
        await contains(target).edit(text, { confirm: false });
    }

    test("notes are saved when the user pauses typing", async () => {
        stepSaves();
        await openOdoo(getCardData(TALKING));
        await type("Wants");
        await type("Wants an offer");
        expect.verifySteps([]);
        expect(".o_call_card_saving").toHaveText("Saving …");
        await advanceTime(700);
        await animationFrame();
        expect.verifySteps([[1, { note: "Wants an offer", base: "" }]]);
        expect(".o_call_card_saving").toHaveText("Saved");
        await type("Wants an offer soon");
        await advanceTime(700);
        expect.verifySteps([[1, { note: "Wants an offer soon", base: "Wants an offer" }]]);
    });

    test("a ringing incoming call has no notes", async () => {
        await openOdoo(getCardData());
        expect(".o_call_card_notes").toHaveCount(0);
    });

    test("a hotkey saves the notes, and folds the card until the call has ended", async () => {
        stepSaves();
        await openOdoo(getCardData(TALKING));
        await type("Wants an offer");
        await press(["ctrl", "Enter"]);
        await animationFrame();
        expect.verifySteps([[1, { note: "Wants an offer", base: "" }]]);
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_card_open").toHaveCount(0);
        await sendCard(getCardData({ ...TALKING, note: "Wants an offer", state: "ended" }));
        await contains(".o_call_card_toggle").click();
        await contains(".o_call_card_done").click();
        expect.verifySteps([["closed", 1]]);
        expect(".o_call_card").toHaveCount(0);
    });

    test("the card of an ended call is folded and closed by itself, unless it is in use", async () => {
        await openOdoo(getCardData(TALKING));
        await sendCard(getCardData({ ...TALKING, state: "ended", seconds: 60 }));
        await advanceTime(FOLD_AFTER - 1000);
        expect(".o_call_card_open").toHaveCount(1);
        await advanceTime(1000);
        await animationFrame();
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_card_open").toHaveCount(0);
        await contains(".o_call_card_toggle").click();
        await contains(".o_call_card_note").click();
        await advanceTime(CLOSE_AFTER);
        await animationFrame();
        expect(".o_call_card_open").toHaveCount(1);
        document.activeElement.blur();
        await advanceTime(CLOSE_AFTER);
        await animationFrame();
        expect(".o_call_card").toHaveCount(0);
        expect.verifySteps([["closed", 1]]);
    });

    test("a card that was closed by hand is not closed again later", async () => {
        await openOdoo(getCardData(TALKING));
        await sendCard(getCardData({ ...TALKING, state: "ended", seconds: 60 }));
        await contains(".o_call_card_done").click();
        expect.verifySteps([["closed", 1]]);
        await advanceTime(CLOSE_AFTER);
        expect.verifySteps([]);
    });

    test("whoever may not edit contacts still says who it is", async () => {
        onRpc("call.call", "action_choose_partner", ({ args }) => {
            expect.step(args);
            return false;
        });
        await openOdoo(getCardData({ ...TALKING, partner_id: false, can: { identify: true } }));
        await contains(".o_call_card_identify").click();
        await contains(".o_call_card_contact .o_record_selector input").click();
        await runAllTimers();
        await contains(".o-autocomplete--dropdown-item:first").click();
        expect.verifySteps([[[1], 1, true]]);
    });

    test("notes are not lost when the call changes", async () => {
        stepSaves();
        await openOdoo(getCardData(TALKING));
        await type("Wants");
        await sendCard(getCardData({ ...TALKING, state: "ended", note: "" }));
        expect(".o_call_card_note").toHaveValue("Wants");
        expect(".o_call_card_note").toBeFocused();
    });

    test("notes are saved when a lost connection is back", async () => {
        let isLost = true;
        onRpc(
            "/web/dataset/call_kw/call.call/save_card",
            async (request) => {
                if (isLost) {
                    throw new Error("the connection is lost");
                }
                const { params } = await request.json();
                expect.step(params.args.slice(0, 2));
                return { result: true };
            },
            { pure: true }
        );
        await openOdoo(getCardData(TALKING));
        await type("Wants an offer");
        await advanceTime(700);
        await animationFrame();
        expect(".o_call_card_saving").toHaveText(/No connection/);
        const drafts = Object.entries(browser.localStorage).filter(([key]) =>
            key.includes(".draft.")
        );
        expect(JSON.parse(drafts[0][1])).toEqual({ note: "Wants an offer", base: "" });
        isLost = false;
        await advanceTime(5000);
        await animationFrame();
        expect.verifySteps([[1, { note: "Wants an offer", base: "" }]]);
        expect(".o_call_card_saving").toHaveText("Saved");
    });

    test("notes from before a reload are saved after it", async () => {
        stepSaves();
        const key = `call_handling.draft.${session.db}.${serverState.userId}.1`;
        browser.localStorage.setItem(key, JSON.stringify({ note: "Wants", base: "" }));
        onRpc("call.call", "get_cards", () => {
            expect.step("read");
        });
        await openOdoo(getCardData(TALKING));
        await animationFrame();
        expect.verifySteps([[1, { note: "Wants", base: "" }], "read"]);
        expect(browser.localStorage.getItem(key)).toBe(null);
    });

    test("notes typed during a save are saved next", async () => {
        stepSaves();
        await openOdoo(getCardData(TALKING));
        await type("Wants");
        const saved = getService("call_handling.drafts").save(1);
        await type("Wants more");
        await saved;
        expect(".o_call_card_note").toHaveValue("Wants more");
        await advanceTime(700);
        expect.verifySteps([
            [1, { note: "Wants", base: "" }],
            [1, { note: "Wants more", base: "Wants" }],
        ]);
    });

    test("the card of a call that was not answered stays open with notes", async () => {
        stepSaves();
        await openOdoo(getCardData({ direction: "outgoing" }));
        await type("Try again on Friday");
        const ended = { state: "ended", outcome: "No answer" };
        await sendCard(getCardData({ direction: "outgoing", ...ended }));
        await advanceTime(LINGER);
        await animationFrame();
        expect(".o_call_card_state").toHaveText("No answer");
        expect.verifySteps([[1, { note: "Try again on Friday", base: "" }]]);
    });

    test("the summary is saved too", async () => {
        stepSaves();
        await openOdoo(getCardData(TALKING));
        await type("Offer", ".o_call_card_summary");
        await advanceTime(700);
        expect.verifySteps([[1, { summary: "Offer" }]]);
    });
});
