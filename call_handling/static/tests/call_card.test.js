import { advanceTime, animationFrame, beforeEach, describe, expect, mockDate, test } from "@odoo/hoot";
import { press, queryAllTexts } from "@odoo/hoot-dom";
import {
    contains,
    getService,
    MockServer,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    serverState,
} from "@web/../tests/web_test_helpers";
import { defineCallModels, makeCard } from "./call_handling_test_helpers";

import { waitNotifications } from "@bus/../tests/bus_test_helpers";
import { LINGER } from "@call_handling/call_service/call_service";
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

/** Opens Odoo, with the cards that are running already. */
async function openOdoo(...running) {
    cards = running;
    await mountWithCleanup(MainComponentsContainer);
    await animationFrame();
}

/** The server tells that something has happened, and what, when it is asked. */
async function tell(values, state = values.state) {
    cards = [...cards.filter((card) => card.id !== values.id), values];
    await send({ call_id: values.id, state });
}

async function send(message) {
    MockServer.env["bus.bus"]._sendone("broadcast", MESSAGE, message);
    await waitNotifications([MESSAGE]);
    await animationFrame();
}

describe("the card", () => {
    test("says who rings, from where and on which line", async () => {
        await openOdoo();
        expect(".o_call_card").toHaveCount(0);
        await tell(makeCard());
        expect(".o_call_card_name").toHaveText("Anna");
        expect(".o_call_card_company").toHaveText("Nordwind AG");
        expect(".o_call_card_facts").toHaveText(/\+1 202-555-0142\s*Sales hotline/);
        expect(".o_call_card_state").toHaveText("Ringing");
    });

    test("shows further fields of the call, each on a line of its own", async () => {
        const floor = { name: "floor", label: "Floor", value: "Third" };
        const contract = { name: "contract", label: "Contract", value: "Gold" };
        await openOdoo(makeCard({ facts: [floor, contract] }));
        expect(queryAllTexts(".o_call_card_details dt")).toEqual(["Floor", "Contract"]);
        expect(queryAllTexts(".o_call_card_details dd")).toEqual(["Third", "Gold"]);
    });

    test("is announced to a screen reader and takes the focus from nobody", async () => {
        await openOdoo();
        const focused = document.activeElement;
        await tell(makeCard());
        expect("[role=status][aria-live=assertive]").toHaveText(/Call from Anna, Nordwind AG/);
        expect(document.activeElement).toBe(focused);
    });

    test("is reached with a key", async () => {
        await openOdoo(makeCard());
        await press(["alt", "shift", "c"]);
        await animationFrame();
        expect(".o_call_card").toBeFocused();
    });

    test("of a running call is there again after a reload", async () => {
        await openOdoo(makeCard({ state: "ongoing", spoke: true, seconds: 62 }));
        expect(".o_call_card_state").toHaveText("Talking\n1:02");
    });

    test("follows the call, with a running clock", async () => {
        mockDate("2026-11-23 10:00:00");
        await openOdoo(makeCard());
        await tell(makeCard({ state: "ongoing", spoke: true, seconds: 3 }));
        expect(".o_call_elapsed").toHaveText("0:03");
        await advanceTime(2000);
        await animationFrame();
        expect(".o_call_elapsed").toHaveText("0:05");
        await tell(makeCard({ state: "ended", spoke: true, seconds: 6 }));
        expect(".o_call_card_state").toHaveText("Ended\n0:06");
        await advanceTime(LINGER * 2);
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_elapsed").toHaveText("0:06");
    });

    test("says who has taken the call, and goes away by itself", async () => {
        await openOdoo(makeCard());
        await tell(makeCard({ state: "ended", taken_by: "Bert" }));
        expect(".o_call_card_state").toHaveText("Bert has taken it");
        await advanceTime(LINGER);
        await animationFrame();
        expect(".o_call_card").toHaveCount(0);
    });

    test("of a call that has ended is not opened by its end", async () => {
        await openOdoo();
        await tell(makeCard({ state: "ended", spoke: true, isOver: true }));
        expect(".o_call_card").toHaveCount(0);
    });

    test("is not opened by what a colleague writes on theirs", async () => {
        await openOdoo();
        await tell(makeCard({ state: "ended", taken_by: "Bert", isOver: true }), "changed");
        expect(".o_call_card").toHaveCount(0);
        await send({ call_id: 1, state: "opened" });
        expect(".o_call_card").toHaveCount(1);
    });

    test("that is closed here is closed everywhere", async () => {
        await openOdoo(makeCard());
        await contains(".o_call_card_close").click();
        expect(".o_call_card").toHaveCount(0);
        expect.verifySteps([["closed", 1]]);
    });

    test("that is closed gives way to a running call, and opens none that is over", async () => {
        const over = makeCard({ id: 2, name: "Bert", state: "ended", spoke: true });
        await openOdoo(over, makeCard({ id: 3, name: "Carl" }), makeCard());
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

    test("that is closed elsewhere is closed here", async () => {
        await openOdoo(makeCard());
        await send({ call_id: 1, state: "closed" });
        expect(".o_call_card").toHaveCount(0);
    });

    test("of a call that may not be seen any more is gone", async () => {
        await openOdoo(makeCard());
        cards = [];
        await send({ call_id: 1, state: "changed" });
        expect(".o_call_card").toHaveCount(0);
    });

    test("of a call that is over is a line after a reload, to be out of the way", async () => {
        await openOdoo(makeCard({ state: "ended", spoke: true }));
        expect(".o_call_card").toHaveCount(1);
        expect(".o_call_card_open").toHaveCount(0);
        await contains(".o_call_card_toggle").click();
        expect(".o_call_card_open .o_call_card_note").toHaveCount(1);
    });

    test("of many calls that are over only the last ones are shown", async () => {
        const over = { state: "ended", spoke: true };
        const names = ["Anna", "Bert", "Carl", "Dora"];
        await openOdoo(
            ...names.map((name, index) => makeCard({ id: index + 10, name, ...over })),
            makeCard({ id: 20, name: "Emil" })
        );
        expect(queryAllTexts(".o_call_card_name")).toEqual(["Carl", "Dora", "Emil"]);
    });

    test("is a line while another call is shown", async () => {
        await openOdoo(makeCard({ state: "ended", spoke: true }));
        await tell(makeCard({ id: 2, name: "Bert" }));
        expect(queryAllTexts(".o_call_card_name")).toEqual(["Anna", "Bert"]);
        expect(".o_call_card_open .o_call_card_name").toHaveText("Bert");
        await contains(".o_call_card:contains(Anna) .o_call_card_toggle").click();
        expect(".o_call_card_open .o_call_card_name").toHaveText("Anna");
    });

    test("on which one types stays open when another call rings", async () => {
        await openOdoo(makeCard({ state: "ongoing", spoke: true }));
        await contains(".o_call_card_note").edit("Wants", { confirm: false });
        await tell(makeCard({ id: 2, name: "Bert" }));
        expect(".o_call_card_open .o_call_card_name").toHaveText("Anna");
        expect(".o_call_card_note").toBeFocused();
    });

    test("is not shown to who does not want to be disturbed", async () => {
        patchWithCleanup(session.call_handling, { call_status: "busy" });
        await openOdoo(makeCard());
        expect(".o_call_card").toHaveCount(0);
        getService("call_handling.calls").preferences.call_status = "available";
        await animationFrame();
        expect(".o_call_card").toHaveCount(1);
    });

    test("is no matter of those who see no calls", async () => {
        patchWithCleanup(session, { call_handling: undefined });
        await openOdoo(makeCard());
        expect(".o_call_cards").toHaveCount(0);
    });

    test("shows names as text, never as page", async () => {
        const evil = `<img class="evil" src="x"/>`;
        await openOdoo(makeCard({ name: evil, company: evil, number: evil }));
        expect(".o_call_card_name").toHaveText(evil);
        expect(".evil").toHaveCount(0);
    });

    test("news that come while an answer is awaited are asked for too", async () => {
        await openOdoo(makeCard());
        let asked = 0;
        onRpc("call.call", "get_cards", async () => {
            asked++;
            return [makeCard(asked === 1 ? {} : { state: "ongoing", spoke: true })];
        });
        const calls = getService("call_handling.calls");
        const first = calls.read(1);
        calls.read(1);
        await first;
        await animationFrame();
        expect(asked).toBe(2);
        expect(".o_call_card_state").toHaveText("Talking\n0:00");
    });
});

describe("who it is", () => {
    test("several contacts are offered", async () => {
        onRpc("call.call", "action_choose_partner", ({ args }) => {
            expect.step(args);
            cards = [makeCard({ name: "Bert" })];
            return true;
        });
        const candidates = [
            { id: 501, name: "Anna" },
            { id: 502, name: "Bert" },
        ];
        await openOdoo(makeCard({ name: "+1 202-555-0142", candidates, partner_id: false }));
        await contains(".o_call_card .btn:contains(Bert)").click();
        await animationFrame();
        expect.verifySteps([[[1], 502, false]]);
        expect(".o_call_card_name").toHaveText("Bert");
        expect("[aria-label='Who is it?']").toHaveCount(0);
    });

    test("no button is there that does nothing", async () => {
        await openOdoo(makeCard({ partner_id: false }));
        expect(".o_call_card_contact .btn").toHaveCount(0);
    });

    test("a call can be private, and nothing of it stays in the browser", async () => {
        onRpc("call.call", "action_make_private", ({ args }) => {
            expect.step(args);
            return { type: "ir.actions.act_window" };
        });
        await openOdoo(makeCard({ state: "ongoing", spoke: true, can: { make_private: true } }));
        await contains(".o_call_card_note").edit("Dinner at eight", { confirm: false });
        await contains(".o_call_card .btn:contains(Private)").click();
        await animationFrame();
        expect.verifySteps([[[1]]]);
        expect(".o_call_card").toHaveCount(0);
        await advanceTime(700);
        const kept = Object.keys(browser.localStorage).filter((name) => name.includes(".draft."));
        expect(kept).toEqual([]);
    });

    test("an unknown number can be unwanted", async () => {
        onRpc("call.call", "action_block_number", () => {
            expect.step("action_block_number");
            cards = [];
            return false;
        });
        await openOdoo(makeCard({ partner_id: false, can: { make_private: true, block_number: true } }));
        await contains(".o_call_card .btn:contains(Unwanted)").click();
        await animationFrame();
        expect.verifySteps(["action_block_number"]);
        expect(".o_call_card").toHaveCount(0);
    });

    test("the last calls, what is open and what is unpaid are shown", async () => {
        mockDate("2026-11-23 10:00:00");
        await openOdoo(
            makeCard({
                calls: [
                    { id: 7, date: "2026-11-20 10:00:00", type: "unanswered", person: "Bert", summary: "About the offer" },
                ],
                links: [
                    { model: "project.task", label: "Tasks", icon: "fa-tasks", count: 5, domain: [], records: [{ id: 3, name: "Repair" }] },
                ],
                unpaid: { count: 2, amount: "$ 120.00", domain: [] },
            })
        );
        expect(".o_call_card_calls li").toHaveText(/3 days ago, Bert\s*About the offer/);
        expect(".o_call_card_link").toHaveText(/Repair\s*all 5/);
        expect(".o_call_card_unpaid").toHaveText("Unpaid: $ 120.00 (2)");
    });
});

describe("what is written", () => {
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

    test("is saved while one types, once one pauses", async () => {
        stepSaves();
        await openOdoo(makeCard(TALKING));
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

    test("there is no room for notes while it only rings", async () => {
        await openOdoo(makeCard());
        expect(".o_call_card_notes").toHaveCount(0);
    });

    test("is finished by one key: saved, then closed", async () => {
        stepSaves();
        await openOdoo(makeCard(TALKING));
        await type("Wants an offer");
        await press(["ctrl", "Enter"]);
        await animationFrame();
        expect.verifySteps([
            [1, { note: "Wants an offer", base: "" }],
            ["closed", 1],
        ]);
        expect(".o_call_card").toHaveCount(0);
    });

    test("is not lost when the call changes meanwhile", async () => {
        stepSaves();
        await openOdoo(makeCard(TALKING));
        await type("Wants");
        await tell(makeCard({ ...TALKING, state: "ended", note: "" }));
        expect(".o_call_card_note").toHaveValue("Wants");
        expect(".o_call_card_note").toBeFocused();
    });

    test("survives a lost connection, and is saved when it is back", async () => {
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
        await openOdoo(makeCard(TALKING));
        await type("Wants an offer");
        await advanceTime(700);
        await animationFrame();
        expect(".o_call_card_saving").toHaveText(/No connection/);
        const kept = Object.entries(browser.localStorage).filter(([key]) => key.includes(".draft."));
        expect(JSON.parse(kept[0][1])).toEqual({ note: "Wants an offer", base: "" });
        isLost = false;
        await advanceTime(5000);
        await animationFrame();
        expect.verifySteps([[1, { note: "Wants an offer", base: "" }]]);
        expect(".o_call_card_saving").toHaveText("Saved");
    });

    test("before a reload is shown and saved after it", async () => {
        stepSaves();
        const key = `call_handling.draft.${session.db}.${serverState.userId}.1`;
        browser.localStorage.setItem(key, JSON.stringify({ note: "Wants", base: "" }));
        onRpc("call.call", "get_cards", () => {
            expect.step("read");
        });
        await openOdoo(makeCard(TALKING));
        await animationFrame();
        expect.verifySteps([[1, { note: "Wants", base: "" }], "read"]);
        expect(browser.localStorage.getItem(key)).toBe(null);
    });

    test("what is typed while the server saves is saved next", async () => {
        stepSaves();
        await openOdoo(makeCard(TALKING));
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

    test("in vain is kept open: somebody who called wrote it down", async () => {
        stepSaves();
        await openOdoo(makeCard({ direction: "outgoing" }));
        await type("Try again on Friday");
        await tell(makeCard({ direction: "outgoing", state: "ended", outcome: "No answer" }));
        await advanceTime(LINGER);
        await animationFrame();
        expect(".o_call_card_state").toHaveText("No answer");
        expect.verifySteps([[1, { note: "Try again on Friday", base: "" }]]);
    });

    test("the summary too", async () => {
        stepSaves();
        await openOdoo(makeCard(TALKING));
        await type("Offer", ".o_call_card_summary");
        await advanceTime(700);
        expect.verifySteps([[1, { summary: "Offer" }]]);
    });
});
