import { waitForChannels, waitNotifications } from "@bus/../tests/bus_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { animationFrame, manuallyDispatchProgrammaticEvent, press, queryAllTexts, queryOne } from "@odoo/hoot-dom";
import { contains, MockServer, mountWithCleanup, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { CHANNEL, MESSAGE } from "@call_handling/call_conversation/call_conversation_service";
import { CallDebrief } from "@call_handling/call_debrief/call_debrief";
import { defineCallModels, getRecordingData, muteSound, openRecordedCall } from "./call_handling_test_helpers";

defineCallModels();

const LINES = [
    { id: 1, start: 0, end: 2000, side: "outside", speaker: "Caller", text: "The heating smells of gas" },
    { id: 2, start: 3000, end: 4000, side: "inside", speaker: "Our side", text: "Since when" },
    { id: 3, start: 65000, end: 66000, side: "outside", speaker: "Caller", text: "Since gas came" },
].map((line) => ({ original: "", corrected_by: "", ...line }));

beforeEach(() => muteSound({ play: (audio) => `play at ${audio.currentTime}` }));

function getFound({ transcript = {}, lines = LINES, ...found } = {}) {
    const own = { id: 4, recording_id: 7, state: "here", reason: "", lines, ...transcript };
    return { transcripts: [own], can_edit: true, can_request: false, ...found };
}

async function mountDebrief({ recording = {}, ...found } = {}) {
    onRpc("call.call", "get_transcripts", () => {
        expect.step("read");
        return getFound(found);
    });
    await mountWithCleanup(CallDebrief, { props: { callId: 1, recording: getRecordingData(recording) } });
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

test("the form around it is saved before a passage is copied, and shows it afterwards", async () => {
    onRpc("call.call", "get_transcripts", () => getFound());
    onRpc("call.call", "web_save", ({ args }) => {
        expect.step(args[1]);
    });
    onRpc("call.call", "add_from_transcript", () => {
        MockServer.env["call.call"].write([1], { summary: "Typed\nCopied" });
        return false;
    });
    await openRecordedCall({ summary: "Old" }, () => [getRecordingData()]);
    await contains(".o_field_widget[name=summary] textarea").edit("Typed");
    await contains(".o_call_debrief_toggle").click();
    await contains(".o_call_debrief_choose:eq(0)").click();
    await contains(".o_call_debrief_summary").click();
    await animationFrame();
    expect.verifySteps([{ summary: "Typed" }]);
    expect(".o_field_widget[name=summary] textarea").toHaveValue("Typed\nCopied");
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

/** Sends what the server sends when there is something new of the call. */
async function announce() {
    await waitForChannels([`${CHANNEL}1`]);
    MockServer.env["bus.bus"]._sendone(`${CHANNEL}1`, MESSAGE, { call_id: 1 });
    await waitNotifications([MESSAGE, { call_id: 1 }]);
    await animationFrame();
}

test("a transcript that is being written appears by itself, and the note that is typed stays", async () => {
    let isWritten = false;
    onRpc("call.call", "get_transcripts", () =>
        getFound({ transcript: isWritten ? {} : { state: "working", lines: [] } })
    );
    await openRecordedCall({ summary: "" }, () => [
        getRecordingData({ transcript: isWritten ? "here" : "working" }),
    ]);
    await contains(".o_call_debrief_toggle").click();
    expect(".o_call_debrief").toHaveText(/is being written/);
    expect(".o_call_debrief_line").toHaveCount(0);
    await contains(".o_field_widget[name=summary] textarea").edit("Typed", { confirm: false });
    isWritten = true;
    await announce();
    expect(".o_call_debrief_line").toHaveCount(3);
    expect(".o_call_debrief").not.toHaveText(/is being written/);
    expect(".o_field_widget[name=summary] textarea").toHaveValue("Typed");
});

test("a line that is being corrected stays when there is something new", async () => {
    onRpc("call.call", "get_transcripts", () => getFound());
    await openRecordedCall({}, () => [getRecordingData()]);
    await contains(".o_call_debrief_toggle").click();
    await contains(".o_call_debrief_correct:eq(1)").click();
    await contains(".o_call_debrief_edit").edit("Since Mon", { confirm: false });
    onRpc("call.call", "get_transcripts", () =>
        getFound({ lines: LINES.map((line) => ({ ...line, text: `${line.text}!` })) })
    );
    await announce();
    expect(".o_call_debrief_edit").toHaveValue("Since Mon");
    expect(".o_call_debrief_jump:eq(0)").toHaveText(/gas!$/);
});

test("a recording that arrives is shown by itself", async () => {
    let recordings = [];
    await openRecordedCall({ recording_state: false, summary: "" }, () => recordings);
    expect(".o_call_player").toHaveCount(0);
    await contains(".o_field_widget[name=summary] textarea").edit("Typed", { confirm: false });
    recordings = [getRecordingData()];
    MockServer.env["call.call"].write([1], { recording_state: "here" });
    await announce();
    await animationFrame();
    expect(".o_call_player").toHaveCount(1);
    expect(".o_field_widget[name=summary] textarea").toHaveValue("Typed");
});
