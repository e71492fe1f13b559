import {
    advanceTime,
    animationFrame,
    beforeEach,
    Deferred,
    describe,
    expect,
    mockTouch,
    test,
} from "@odoo/hoot";
import { press, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import {
    contains,
    makeServerError,
    MockServer,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { defineCallModels, getCardData } from "./call_handling_test_helpers";

import { waitNotifications } from "@bus/../tests/bus_test_helpers";
import { TIMEOUT } from "@call_handling/call_card_control/call_control_service";
import { TYPING } from "@call_handling/call_card_control/call_transfer";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { session } from "@web/session";

defineCallModels();

const MESSAGE = "call_handling.card/changed";
const TALKING = {
    state: "ongoing",
    spoke: true,
    control: { actions: ["hang_up", "hold", "transfer"], is_held: false, recording: "" },
};
const HELD = {
    ...TALKING,
    control: { actions: ["hang_up", "resume", "transfer"], is_held: true, recording: "" },
};
const ENDED = { state: "ended", spoke: true, control: { actions: [], is_held: false, recording: "" } };
const RECORDABLE = {
    ...TALKING,
    control: { actions: ["hang_up", "record"], is_held: false, recording: "" },
};
const RECORDED = {
    ...TALKING,
    control: {
        actions: ["hang_up", "pause_recording", "stop_recording"],
        is_held: false,
        recording: "running",
    },
};
const PAUSED = {
    ...TALKING,
    control: {
        actions: ["hang_up", "resume_recording", "stop_recording"],
        is_held: false,
        recording: "paused",
    },
};
const COLLEAGUES = [
    { id: 1, name: "Bert", extension: "202", state: "free" },
    { id: 2, name: "Carl", extension: "203", state: "" },
    { id: 3, name: "Dora", extension: "204", state: "talking" },
];

let cards, answer;

beforeEach(() => {
    cards = [];
    answer = { state: "accepted", message: "", pbx_id: 7, script: [] };
    patchWithCleanup(session, {
        call_handling: { call_card: true, call_sound: false, call_status: "available" },
    });
    onRpc("call.call", "get_cards", () => cards);
    onRpc("call.control", "prepare", ({ args }) => {
        expect.step(["prepared", ...args]);
        return { state: "ready", id: 5 };
    });
    onRpc("call.control", "start", ({ args }) => {
        expect.step(["started", ...args]);
        return answer;
    });
    onRpc("call.control", "find_targets", ({ args: [, term] }) =>
        COLLEAGUES.filter(({ name, extension }) => `${name}${extension}`.includes(term))
    );
    onRpc("call.dial", "find", () => []);
});

async function openOdoo(...initialCards) {
    cards = initialCards;
    await mountWithCleanup(MainComponentsContainer);
    await animationFrame();
}

/** Changes the card on the server and sends the message about it. */
async function sendCard(values) {
    cards = [getCardData(values)];
    MockServer.env["bus.bus"]._sendone("broadcast", MESSAGE, { call_id: 1, state: values.state });
    await waitNotifications([MESSAGE]);
    await animationFrame();
}

async function openTransfer() {
    await contains("[data-action=transfer]").click();
    await animationFrame();
}

async function search(term) {
    await contains(".o_call_transfer_search").edit(term, { confirm: false });
    await advanceTime(TYPING);
    await animationFrame();
}

const getButtons = () => queryAllTexts(".o_call_card_control .btn");
const getTargets = () => queryAllTexts(".o_call_transfer_target");

describe("buttons", () => {
    test("only what is possible has a button", async () => {
        await openOdoo(getCardData());
        expect(getButtons()).toEqual([]);
        await sendCard(TALKING);
        expect(getButtons()).toEqual(["Hang Up", "Hold", "Transfer"]);
        await sendCard(ENDED);
        expect(getButtons()).toEqual([]);
    });

    test("an incoming call that rings is rejected, an outgoing one hung up", async () => {
        const ringing = { control: { actions: ["hang_up"], is_held: false, recording: "" } };
        await openOdoo(getCardData(ringing));
        expect(getButtons()).toEqual(["Reject"]);
        await sendCard({ state: "ringing", direction: "outgoing", ...ringing });
        expect(getButtons()).toEqual(["Hang Up"]);
    });

    test("the card says that somebody is on hold, once the events say so", async () => {
        await openOdoo(getCardData(TALKING));
        await contains("[data-action=hold]").click();
        expect.verifySteps([
            ["prepared", 1, "hold", false],
            ["started", [5]],
        ]);
        await animationFrame();
        expect(".o_call_card_state").toHaveText(/Talking/);
        await sendCard(HELD);
        expect(".o_call_card_state").toHaveText(/On hold/);
        expect(getButtons()).toEqual(["Hang Up", "Resume", "Transfer"]);
    });

    test("nothing else can be asked for until the events come", async () => {
        await openOdoo(getCardData(TALKING));
        await contains("[data-action=hold]").click();
        expect.verifySteps([
            ["prepared", 1, "hold", false],
            ["started", [5]],
        ]);
        expect("[data-action][aria-disabled=true]").toHaveCount(3);
        queryOne("[data-action=hang_up]").click();
        await animationFrame();
        expect.verifySteps([]);
        await sendCard(HELD);
        expect("[data-action][aria-disabled=true]").toHaveCount(0);
    });

    test("without any event it can be tried again after some seconds", async () => {
        await openOdoo(getCardData(TALKING));
        await contains("[data-action=hold]").click();
        await advanceTime(TIMEOUT);
        await animationFrame();
        expect("[data-action][aria-disabled=true]").toHaveCount(0);
        await contains("[data-action=hang_up]").click();
        expect.verifySteps([
            ["prepared", 1, "hold", false],
            ["started", [5]],
            ["prepared", 1, "hang_up", false],
            ["started", [5]],
        ]);
    });

    test("why it was not done is a notification, and it can be tried again", async () => {
        answer = { state: "failed", message: "The telephone system refused." };
        await openOdoo(getCardData(TALKING));
        await contains("[data-action=hold]").click();
        await animationFrame();
        expect(".o_notification").toHaveText("The telephone system refused.");
        expect("[data-action][aria-disabled=true]").toHaveCount(0);
        expect.verifySteps([
            ["prepared", 1, "hold", false],
            ["started", [5]],
        ]);
    });

    test("what is not possible any more is not started", async () => {
        onRpc("call.control", "prepare", () => ({ state: "failed", message: "Changed." }));
        await openOdoo(getCardData(TALKING));
        await contains("[data-action=hold]").click();
        await animationFrame();
        expect(".o_notification").toHaveText("Changed.");
        expect.verifySteps([]);
    });

    test("an error leaves nothing disabled", async () => {
        expect.errors(1);
        onRpc("call.control", "prepare", () => {
            throw makeServerError({ message: "Your phone is not in this call any more." });
        });
        await openOdoo(getCardData(TALKING));
        await contains("[data-action=hold]").click();
        await animationFrame();
        expect.verifyErrors([/Your phone is not in this call/]);
        expect("[data-action][aria-disabled=true]").toHaveCount(0);
    });

    test("the simulated telephone system plays what happens", async () => {
        onRpc("call.pbx", "perform", ({ args }) => {
            expect.step(["performed", ...args]);
            return true;
        });
        const held = { call: "c1", event: "held" };
        answer = { ...answer, script: [[0, held]] };
        await openOdoo(getCardData(TALKING));
        await contains("[data-action=hold]").click();
        await advanceTime(0);
        expect.verifySteps([
            ["prepared", 1, "hold", false],
            ["started", [5]],
            ["performed", 7, [held]],
        ]);
    });
});

describe("recording", () => {
    const getState = () => queryAllTexts(".o_call_recording_state");

    test("the card says in words whether the call is recorded, once the events say so", async () => {
        await openOdoo(getCardData(RECORDABLE));
        expect(getButtons()).toEqual(["Hang Up", "Record"]);
        expect(getState()).toEqual([""]);
        await contains("[data-action=record]").click();
        expect.verifySteps([
            ["prepared", 1, "record", false],
            ["started", [5]],
        ]);
        expect(getState()).toEqual([""]);
        await sendCard(RECORDED);
        expect(getState()).toEqual(["Recording"]);
        expect(getButtons()).toEqual(["Hang Up", "Pause", "Stop"]);
        await sendCard(PAUSED);
        expect(getState()).toEqual(["Recording paused"]);
        expect(getButtons()).toEqual(["Hang Up", "Resume", "Stop"]);
        await sendCard(RECORDABLE);
        expect(getState()).toEqual([""]);
    });

    test("after a reload the card shows what is recorded", async () => {
        await openOdoo(getCardData(PAUSED));
        expect(getState()).toEqual(["Recording paused"]);
        expect("[data-action=resume_recording]").toHaveAttribute("aria-label", "Resume Recording");
    });

    test("a telephone system that only reports recording has the sign and no buttons", async () => {
        const control = { actions: [], is_held: false, recording: "running" };
        await openOdoo(getCardData({ ...TALKING, control }));
        expect(getState()).toEqual(["Recording"]);
        expect(".o_call_recording_state").toBeVisible();
        expect(getButtons()).toEqual([]);
    });

    test("what changes is announced to screen readers", async () => {
        await openOdoo(getCardData(RECORDED));
        expect(".o_call_recording_state").toHaveAttribute("role", "status");
    });

    test("one key starts, pauses and resumes, another one stops, also while notes are typed", async () => {
        await openOdoo(getCardData(RECORDED));
        await contains(".o_call_card_note").edit("Card number", { confirm: false });
        await press(["alt", "shift", "r"]);
        await animationFrame();
        expect.verifySteps([
            ["prepared", 1, "pause_recording", false],
            ["started", [5]],
        ]);
        await sendCard(PAUSED);
        await press(["alt", "shift", "s"]);
        await animationFrame();
        expect.verifySteps([
            ["prepared", 1, "stop_recording", false],
            ["started", [5]],
        ]);
        expect(".o_call_card_note").toHaveValue("Card number");
    });
});

describe("keyboard", () => {
    test("hotkeys work on the card, also while notes are typed", async () => {
        await openOdoo(getCardData(TALKING));
        await press(["alt", "shift", "o"]);
        expect.verifySteps([]);
        await contains(".o_call_card_note").edit("Wants an offer", { confirm: false });
        await press(["alt", "shift", "o"]);
        await animationFrame();
        expect.verifySteps([
            ["prepared", 1, "hold", false],
            ["started", [5]],
        ]);
        expect(".o_call_card_note").toBeFocused();
        expect(".o_call_card_note").toHaveValue("Wants an offer");
        await sendCard(HELD);
        expect(".o_call_card_note").toBeFocused();
    });

    test("the focus stays on the card when a button disappears", async () => {
        await openOdoo(getCardData(TALKING));
        await press(["alt", "shift", "c"]);
        await press("Tab");
        await press("Tab");
        await press("Tab");
        await press("Tab");
        await press("Tab");
        expect("[data-action=hang_up]").toBeFocused();
        await press("Enter");
        await animationFrame();
        expect("[data-action=hang_up]").toBeFocused();
        await sendCard(ENDED);
        expect(".o_call_card").toBeFocused();
        expect.verifySteps([
            ["prepared", 1, "hang_up", false],
            ["started", [5]],
        ]);
    });
});

describe("transfer", () => {
    const TRANSFERRED = (target) => [
        ["prepared", 1, "transfer", target],
        ["started", [5]],
    ];

    test("colleagues are offered with what their phones do, in words", async () => {
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        expect(".o_call_transfer_search").toBeFocused();
        expect(getTargets()).toEqual(["Bert\n202\nFree", "Carl\n203", "Dora\n204\nTalking"]);
        await search("Do");
        expect(getTargets()).toEqual(["Dora\n204\nTalking"]);
        expect(".o_call_transfer_confirm").toHaveCount(0);
    });

    test("the button says who gets the call, and one click transfers it, once", async () => {
        const started = new Deferred();
        onRpc("call.control", "start", async () => {
            expect.step("started");
            await started;
            return answer;
        });
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        await contains(".o_call_transfer_target:contains(Dora)").click();
        expect(".o_call_transfer_confirm").toHaveText("Transfer to Dora (204)");
        expect.verifySteps([]);
        const button = queryOne(".o_call_transfer_confirm");
        button.click();
        button.click();
        await animationFrame();
        button.click();
        await animationFrame();
        expect.verifySteps([["prepared", 1, "transfer", "204"], "started"]);
        started.resolve();
        await animationFrame();
        expect(".o_call_transfer").toHaveCount(0);
        await sendCard(ENDED);
        expect.verifySteps([]);
    });

    test("a call is transferred with the keyboard", async () => {
        await openOdoo(getCardData(TALKING));
        await contains(".o_call_card_note").focus();
        await press(["alt", "shift", "t"]);
        await animationFrame();
        expect(".o_call_transfer_search").toBeFocused();
        await advanceTime(TYPING);
        await animationFrame();
        await press("ArrowDown");
        await press("ArrowDown");
        await animationFrame();
        expect(".o_call_transfer_target[aria-selected=true]").toHaveText(/Carl/);
        const chosen = queryOne(".o_call_transfer_target[aria-selected=true]").id;
        expect(".o_call_transfer_search").toHaveAttribute("aria-activedescendant", chosen);
        expect(".o_call_transfer_search").toBeFocused();
        await press("Enter");
        await animationFrame();
        expect(".o_call_transfer_confirm").toBeFocused();
        expect.verifySteps([]);
        await press("Enter");
        await animationFrame();
        expect.verifySteps(TRANSFERRED("203"));
    });

    test("Escape closes the panel, and nothing else", async () => {
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        await press("Escape");
        await animationFrame();
        expect(".o_call_transfer").toHaveCount(0);
        expect(".o_call_card_open").toHaveCount(1);
        expect("[data-action=transfer]").toBeFocused();
    });

    test("numbers of contacts and typed numbers are offered, each once", async () => {
        onRpc("call.dial", "find", () => [
            {
                id: 9,
                name: "Bert",
                company: "",
                numbers: [
                    { number: "202", label: "Extension" },
                    { number: "+1 202-555-0101", label: "" },
                ],
            },
        ]);
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        await search("202");
        expect(getTargets()).toEqual(["Bert\n202\nFree", "Bert\n+1 202-555-0101"]);
        await search("2025");
        expect(getTargets()).toEqual([
            "Bert\n202\nExtension",
            "Bert\n+1 202-555-0101",
            "2025\nAs typed",
        ]);
        await contains(".o_call_transfer_target:contains(As typed)").click();
        expect(".o_call_transfer_confirm").toHaveText("Transfer to 2025");
        await contains(".o_call_transfer_confirm").click();
        expect.verifySteps(TRANSFERRED("2025"));
    });

    test("who was chosen is not somebody else after another search", async () => {
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        await contains(".o_call_transfer_target:contains(Dora)").click();
        await search("D");
        expect(".o_call_transfer_confirm").toHaveText("Transfer to Dora (204)");
        await search("B");
        expect(".o_call_transfer_confirm").toHaveCount(0);
        await search("x");
        expect(getTargets()).toEqual([]);
        expect(".o_call_transfer_empty").toHaveText(/Nobody is found/);
    });

    test("Enter chooses nobody while the search is running", async () => {
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        await contains(".o_call_transfer_search").edit("Do", { confirm: false });
        await press("Enter");
        await animationFrame();
        expect(".o_call_transfer_confirm").toHaveCount(0);
        await advanceTime(TYPING);
        await animationFrame();
        await press("Enter");
        await animationFrame();
        expect(".o_call_transfer_confirm").toHaveText("Transfer to Dora (204)");
    });

    test("if it fails, somebody else can be chosen", async () => {
        answer = { state: "failed", message: "Nobody answers there." };
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        await contains(".o_call_transfer_target:contains(Dora)").click();
        await contains(".o_call_transfer_confirm").click();
        await animationFrame();
        expect(".o_notification").toHaveText("Nobody answers there.");
        expect(".o_call_transfer_confirm").not.toHaveClass("disabled");
        expect.verifySteps(TRANSFERRED("204"));
    });

    test("when the phone leaves the call, the panel goes and stays away", async () => {
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        onRpc("call.control", "find_targets", () => {
            throw makeServerError({ message: "Your phone is not in this call any more." });
        });
        await search("Dora");
        expect(getTargets()).toEqual([]);
        await sendCard(ENDED);
        expect(".o_call_transfer").toHaveCount(0);
        await sendCard(TALKING);
        expect(".o_call_transfer").toHaveCount(0);
        expect("[data-action=transfer]").toHaveCount(1);
    });

    test("nobody has to use the keyboard of a telephone to see whom to choose", async () => {
        mockTouch(true);
        await openOdoo(getCardData(TALKING));
        await openTransfer();
        expect(".o_call_transfer_search").not.toBeFocused();
        expect(getTargets()).toHaveLength(3);
    });
});
