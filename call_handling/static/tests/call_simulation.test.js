import {
    advanceTime,
    animationFrame,
    beforeEach,
    describe,
    expect,
    freezeTime,
    test,
} from "@odoo/hoot";
import { getService, makeMockEnv, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { CallCall, defineCallModels } from "./call_handling_test_helpers";

import { CallSimulation } from "@call_handling/call_simulation/call_simulation_service";
import { WebClient } from "@web/webclient/webclient";

defineCallModels();

const RINGING = { event: "ringing", leg: "1" };
const RINGING_TOO = { event: "ringing", leg: "2" };
const ANSWERED = { event: "answered", leg: "1" };
const ENDED = { event: "ended" };

/** Adds a step for every request that sends events. */
function stepEvents() {
    onRpc("call.pbx", "perform", ({ args, kwargs }) => {
        expect(Object.keys(kwargs).filter((name) => name !== "context")).toEqual([]);
        expect.step(args);
        return true;
    });
}

async function advanceSeconds(count) {
    await advanceTime(count * 1000);
    await animationFrame();
}

/** Returns the client action that plays a call. */
function getPlayAction(steps) {
    return { type: "ir.actions.client", tag: "call_handling.play", params: { pbx_id: 7, steps } };
}

test("simultaneous events are sent together", async () => {
    stepEvents();
    await makeMockEnv();
    getService("call_handling.simulation").play(7, [
        [0, RINGING],
        [0, RINGING_TOO],
    ]);
    expect.verifySteps([]);
    await advanceSeconds(0);
    expect.verifySteps([[7, [RINGING, RINGING_TOO]]]);
    await advanceSeconds(60);
    expect.verifySteps([]);
});

test("each event is sent at its time", async () => {
    freezeTime();
    stepEvents();
    await makeMockEnv();
    getService("call_handling.simulation").play(7, [
        [1, RINGING],
        [4.5, ANSWERED],
        [10, ENDED],
    ]);
    await advanceSeconds(0.9);
    expect.verifySteps([]);
    await advanceSeconds(0.2);
    expect.verifySteps([[7, [RINGING]]]);
    await advanceSeconds(3.3);
    expect.verifySteps([]);
    await advanceSeconds(0.2);
    expect.verifySteps([[7, [ANSWERED]]]);
    await advanceSeconds(5.3);
    expect.verifySteps([]);
    await advanceSeconds(0.2);
    expect.verifySteps([[7, [ENDED]]]);
});

test("events are sent in order of time", async () => {
    stepEvents();
    await makeMockEnv();
    getService("call_handling.simulation").play(7, [
        [10, ENDED],
        [0, RINGING],
        [4.5, ANSWERED],
        [0, RINGING_TOO],
    ]);
    for (let second = 0; second <= 10; second++) {
        await advanceSeconds(second ? 1 : 0);
    }
    expect.verifySteps([
        [7, [RINGING, RINGING_TOO]],
        [7, [ANSWERED]],
        [7, [ENDED]],
    ]);
});

test("two calls can be played at the same time", async () => {
    stepEvents();
    await makeMockEnv();
    const simulation = getService("call_handling.simulation");
    simulation.play(7, [[2, RINGING]]);
    await advanceSeconds(1);
    simulation.play(8, [[2, RINGING]]);
    await advanceSeconds(1);
    expect.verifySteps([[7, [RINGING]]]);
    await advanceSeconds(1);
    expect.verifySteps([[8, [RINGING]]]);
});

test("playing a call does not block the screen", async () => {
    onRpc("call.pbx", "perform", () => new Promise(() => {}));
    await mountWithCleanup(WebClient);
    getService("call_handling.simulation").play(7, [[0, RINGING]]);
    await advanceSeconds(5);
    expect(".o_loading_indicator").toHaveCount(0);
    expect(".o_blockUI").toHaveCount(0);
});

test("the dialog closes, a notification is shown and the call is played", async () => {
    CallCall._views = { form: `<form><field name="remote_name"/></form>` };
    stepEvents();
    await mountWithCleanup(WebClient);
    await getService("action").doAction({
        type: "ir.actions.act_window",
        res_model: "call.call",
        views: [[false, "form"]],
        target: "new",
    });
    expect(".modal").toHaveCount(1);

    await getService("action").doAction(getPlayAction([[1, RINGING]]));
    await animationFrame();
    expect(".modal").toHaveCount(0);
    expect(".o_notification_content").toHaveText(
        "The call is being simulated. It appears in the list of calls."
    );
    expect(".o_notification_bar").toHaveClass("bg-success");
    expect.verifySteps([]);
    await advanceSeconds(1);
    expect.verifySteps([[7, [RINGING]]]);
});

test("a call continues when the user opens another view", async () => {
    CallCall._views = {
        list: `<list><field name="remote_name"/></list>`,
        kanban: `<kanban><templates><t t-name="card"/></templates></kanban>`,
    };
    stepEvents();
    await mountWithCleanup(WebClient);
    const open = (view) =>
        getService("action").doAction({
            type: "ir.actions.act_window",
            res_model: "call.call",
            views: [[false, view]],
        });
    await open("list");
    await getService("action").doAction(getPlayAction([[5, RINGING]]));
    await open("kanban");
    expect(".o_kanban_view").toHaveCount(1);
    await advanceSeconds(5);
    expect.verifySteps([[7, [RINGING]]]);
});

describe("a call that goes on otherwise", () => {
    const OWN = { call: "c1", leg: "a" };
    const OTHER = { call: "c1", leg: "b" };

    async function play(steps) {
        getService("call_handling.simulation").play(7, steps);
        await advanceSeconds(0);
    }

    beforeEach(async () => {
        freezeTime();
        stepEvents();
        await makeMockEnv();
    });

    test("when it is hung up, nothing that was planned happens", async () => {
        const end = { call: "c1", event: "ended" };
        await play([
            [4, { ...OWN, event: "answered" }],
            [9, { ...OWN, event: "ended" }],
            [9, end],
            [9, { call: "c2", leg: "a", event: "answered" }],
        ]);
        const hungUp = { ...OWN, event: "ended", cause: "rejected" };
        await play([
            [0, hungUp],
            [0, end],
        ]);
        await advanceSeconds(20);
        expect.verifySteps([
            [7, [hungUp, end]],
            [7, [{ call: "c2", leg: "a", event: "answered" }]],
        ]);
    });

    test("when it is transferred, it ends as the transferred call does", async () => {
        const end = { call: "c1", event: "ended" };
        await play([[5, end]]);
        const transferred = { ...OWN, event: "transferred" };
        await play([
            [0, transferred],
            [15, end],
        ]);
        await advanceSeconds(14);
        expect.verifySteps([[7, [transferred]]]);
        await advanceSeconds(1);
        expect.verifySteps([[7, [end]]]);
    });

    test("when one phone rejects it, the others ring on", async () => {
        const end = { call: "c1", event: "ended" };
        await play([
            [5, { ...OWN, event: "answered" }],
            [5, { ...OTHER, event: "ended", cause: "elsewhere" }],
            [9, { ...OWN, event: "ended" }],
            [9, end],
        ]);
        const rejected = { ...OWN, event: "ended", cause: "rejected" };
        await play([[0, rejected]]);
        await advanceSeconds(20);
        expect.verifySteps([
            [7, [rejected]],
            [7, [end]],
        ]);
    });

    test("when a phone that only rang rejects it, another one still answers", async () => {
        const answered = { ...OTHER, event: "answered" };
        await play([
            [5, answered],
            [5, { ...OWN, event: "ended", cause: "elsewhere" }],
        ]);
        const rejected = { ...OWN, event: "ended", cause: "rejected" };
        await play([[0, rejected]]);
        await advanceSeconds(20);
        expect.verifySteps([
            [7, [rejected]],
            [7, [answered]],
        ]);
    });

    test("it makes no difference in which tab it is hung up", async () => {
        const here = getService("call_handling.simulation");
        const elsewhere = new CallSimulation({ orm: getService("orm") });
        const end = { call: "c1", event: "ended" };
        here.play(7, [[5, { ...OWN, event: "answered" }]]);
        const heard = new Promise((resolve) =>
            new BroadcastChannel("call_handling.simulation").addEventListener("message", resolve)
        );
        elsewhere.play(7, [[0, end]]);
        await heard;
        await advanceSeconds(20);
        expect.verifySteps([[7, [end]]]);
    });

    test("holding changes nothing of what is planned", async () => {
        const end = { call: "c1", event: "ended" };
        await play([[5, end]]);
        const held = { ...OWN, event: "held" };
        await play([[0, held]]);
        await advanceSeconds(5);
        expect.verifySteps([[7, [held]], [7, [end]]]);
    });
});
