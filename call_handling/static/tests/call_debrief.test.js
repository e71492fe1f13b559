import { beforeEach, expect, test } from "@odoo/hoot";
import { animationFrame, manuallyDispatchProgrammaticEvent, press, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { contains, mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { CallDebrief } from "@call_handling/call_debrief/call_debrief";
import { defineCallModels } from "./call_handling_test_helpers";

defineCallModels();

const LINES = [
    { id: 1, start: 0, end: 2000, side: "outside", speaker: "Caller", text: "The heating smells of gas" },
    { id: 2, start: 3000, end: 4000, side: "inside", speaker: "Our side", text: "Since when" },
    { id: 3, start: 65000, end: 66000, side: "outside", speaker: "Caller", text: "Since gas came" },
].map((line) => ({ original: "", corrected_by: "", ...line }));

/** Sound that is played nowhere. */
beforeEach(() => {
    patchWithCleanup(HTMLMediaElement.prototype, {
        async play() {
            expect.step(`play at ${this.currentTime}`);
            Object.defineProperty(this, "paused", { value: false, configurable: true });
            await manuallyDispatchProgrammaticEvent(this, "play");
        },
        pause() {},
    });
});

async function mountDebrief({ recording = {}, transcript = {}, lines = LINES, ...found } = {}) {
    onRpc("call.call", "get_transcripts", () => {
        expect.step("read");
        const own = { id: 4, recording_id: 7, state: "here", reason: "", lines, ...transcript };
        return { transcripts: [own], can_edit: true, can_request: false, ...found };
    });
    await mountWithCleanup(CallDebrief, {
        props: {
            callId: 1,
            recording: {
                id: 7,
                state: "here",
                reason: "",
                seconds: 100,
                label: "",
                url: "/call_handling/recording/7",
                download_url: "",
                markers: [],
                transcript: "here",
                can_transcribe: false,
                ...recording,
            },
        },
    });
}

async function open(options) {
    await mountDebrief(options);
    await contains(".o_call_debrief_toggle").click();
    expect.verifySteps(["read"]);
}

async function hear(seconds) {
    queryOne("audio").currentTime = seconds;
    Object.defineProperty(queryOne("audio"), "currentTime", { value: seconds, writable: true });
    await manuallyDispatchProgrammaticEvent(queryOne("audio"), "timeupdate");
    await animationFrame();
}

test("nothing is read before somebody opens it", async () => {
    await mountDebrief();
    expect(".o_call_debrief_line").toHaveCount(0);
    expect.verifySteps([]);
    await contains(".o_call_debrief_toggle").click();
    expect.verifySteps(["read"]);
    expect(queryAllTexts(".o_call_debrief_jump")).toEqual([
        "0:00 Caller: The heating smells of gas",
        "0:03 Our side: Since when",
        "1:05 Caller: Since gas came",
    ]);
});

test("a recording without a transcript has only its player", async () => {
    await mountDebrief({ recording: { transcript: "" } });
    expect(".o_call_player").toHaveCount(1);
    expect(".o_call_debrief_toggle").toHaveCount(0);
    expect(".o_call_debrief_request").toHaveCount(0);
});

test("a click on a line plays from there", async () => {
    await open();
    await contains(".o_call_debrief_jump:eq(1)").click();
    expect.verifySteps(["play at 3"]);
    expect(".o_call_debrief_spoken").toHaveCount(1);
    expect(".o_call_debrief_line:eq(1)").toHaveClass("o_call_debrief_spoken");
});

test("the line that is spoken is marked and in view", async () => {
    patchWithCleanup(Element.prototype, {
        scrollIntoView() {
            if (this.matches(".o_call_debrief_line")) {
                expect.step(`show ${this.querySelector("span").textContent.trim()}`);
            }
        },
    });
    await open();
    expect(".o_call_debrief_spoken").toHaveCount(0);
    await hear(1);
    expect(".o_call_debrief_line:eq(0)").toHaveClass("o_call_debrief_spoken");
    await hear(70);
    expect(".o_call_debrief_line:eq(2)").toHaveAttribute("aria-current", "true");
    expect.verifySteps(["show 0:00", "show 1:05"]);
});

test("it is searched, and what is found is marked", async () => {
    await open();
    await contains(".o_call_debrief_search").edit("GAS");
    expect(".o_call_debrief_line").toHaveCount(2);
    expect(queryAllTexts(".o_call_debrief_line mark")).toEqual(["gas", "gas"]);
    await contains(".o_call_debrief_search").edit("nobody said that");
    expect(".o_call_debrief_line").toHaveCount(0);
    expect(".o_call_debrief [role=status]").toHaveText(/Nothing in the transcript/);
});

test("a chosen passage is copied", async () => {
    onRpc("call.call", "add_from_transcript", ({ args }) => {
        expect.step(args);
        return false;
    });
    await open();
    expect(".o_call_debrief_note").not.toBeEnabled();
    await contains(".o_call_debrief_choose:eq(0)").click();
    await contains(".o_call_debrief_choose:eq(2)").click({ shiftKey: true });
    await contains(".o_call_debrief_note").click();
    expect.verifySteps([[[1], "note", [1, 2, 3]]]);
    expect(".o_call_debrief_choose:checked").toHaveCount(0);
    await contains(".o_call_debrief_choose:eq(1)").click();
    await contains(".o_call_debrief_summary").click();
    expect.verifySteps([[[1], "summary", [2]]]);
});

test("a word is corrected, and what was heard remains to be seen", async () => {
    onRpc("call.transcript.line", "correct", ({ args }) => {
        expect.step(args);
        return { ...LINES[1], text: args[1], original: LINES[1].text, corrected_by: "Bob" };
    });
    await open();
    await contains(".o_call_debrief_correct:eq(1)").click();
    await contains(".o_call_debrief_edit").edit("Since Monday", { confirm: false });
    await press("Enter");
    await animationFrame();
    expect.verifySteps([[[2], "Since Monday"]]);
    expect(".o_call_debrief_edit").toHaveCount(0);
    expect(".o_call_debrief_corrected").toHaveText("Since Monday");
    expect(".o_call_debrief_corrected").toHaveAttribute(
        "title",
        "Heard: “Since when”. Corrected by Bob."
    );
    await contains(".o_call_debrief_correct:eq(0)").click();
    await press("Escape");
    await animationFrame();
    expect(".o_call_debrief_edit").toHaveCount(0);
    expect.verifySteps([]);
});

test("who may not edit the call only reads", async () => {
    await open({ can_edit: false });
    expect(".o_call_debrief_line").toHaveCount(3);
    for (const name of ["choose", "note", "summary", "correct"]) {
        expect(`.o_call_debrief_${name}`).toHaveCount(0);
    }
});

test("a failure says why, and is tried again", async () => {
    onRpc("call.call", "action_transcribe", ({ args }) => {
        expect.step(args);
        return false;
    });
    await open({
        recording: { transcript: "failed", can_transcribe: true },
        transcript: { state: "failed", reason: "The server does not accept the key." },
        lines: [],
        can_request: true,
    });
    expect(".o_call_debrief_reason").toHaveText("The server does not accept the key.");
    expect(".o_call_debrief_request").toHaveText("Try Again");
    await contains(".o_call_debrief_request").click();
    expect.verifySteps([[[1]], "read"]);
});

test("one that is being written can be asked for again", async () => {
    await open({ transcript: { state: "working" } });
    expect(".o_call_debrief").toHaveText(/is being written/);
    await contains(".o_call_debrief_reload").click();
    expect.verifySteps(["read"]);
});
