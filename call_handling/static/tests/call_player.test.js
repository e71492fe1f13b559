import { beforeEach, expect, test } from "@odoo/hoot";
import { animationFrame, manuallyDispatchProgrammaticEvent, press, queryAll, queryAllTexts, queryOne, setInputRange } from "@odoo/hoot-dom";
import { contains, mountView, mountWithCleanup, onRpc } from "@web/../tests/web_test_helpers";
import { CallPlayer } from "@call_handling/call_player/call_player";
import { CallCall, defineCallModels, getRecordingData, muteSound, openRecordedCall } from "./call_handling_test_helpers";

defineCallModels();

beforeEach(() => muteSound({ play: (audio) => `play at ${audio.playbackRate}`, pause: "pause" }));

async function mountPlayer(values) {
    await mountWithCleanup(CallPlayer, { props: { recording: getRecordingData({ transcript: "", ...values }) } });
}

test("nothing is loaded before somebody presses Play", async () => {
    await mountPlayer();
    expect("audio").toHaveAttribute("preload", "none");
    expect(".o_call_player_clock").toHaveText("0:00 / 1:40");
    expect(".o_call_player_play").toHaveAttribute("aria-label", "Play");
    await contains(".o_call_player_play").click();
    expect.verifySteps(["play at 1"]);
    expect(".o_call_player_play").toHaveAttribute("aria-label", "Pause");
    await contains(".o_call_player_play").click();
    expect.verifySteps(["pause"]);
    expect(".o_call_player_play").toHaveAttribute("aria-label", "Play");
});

test("the slider and the keyboard move to another place, within the recording", async () => {
    await mountPlayer();
    await setInputRange(".o_call_player_seek", 50);
    await animationFrame();
    expect(".o_call_player_clock").toHaveText("0:50 / 1:40");
    queryOne(".o_call_player_seek").focus();
    for (const [key, clock] of [
        ["ArrowRight", "0:55"],
        ["l", "1:00"],
        ["j", "0:55"],
        ["ArrowLeft", "0:50"],
        ["Home", "0:00"],
        ["ArrowLeft", "0:00"],
    ]) {
        await press(key);
        await animationFrame();
        expect(".o_call_player_clock").toHaveText(`${clock} / 1:40`);
    }
    await press("k");
    await press("k");
    expect.verifySteps(["play at 1", "pause"]);
});

test("the speed is between half and double", async () => {
    await mountPlayer();
    await contains(".o_call_player_rate").select("1.5");
    await contains(".o_call_player_play").click();
    await contains(".o_call_player_play").click();
    expect.verifySteps(["play at 1.5", "pause"]);
    for (let i = 0; i < 9; i++) {
        await press(">");
    }
    await animationFrame();
    expect(queryOne("audio").playbackRate).toBe(2);
    for (let i = 0; i < 9; i++) {
        await press("<");
    }
    expect(queryOne("audio").playbackRate).toBe(0.5);
    expect(queryAllTexts(".o_call_player_rate option")).toEqual([
        "0.5×",
        "0.75×",
        "1×",
        "1.25×",
        "1.5×",
        "2×",
    ]);
});

test("notes are marked where they were written, and lead there", async () => {
    await mountPlayer({ markers: [{ seconds: 25, text: "Price?" }] });
    expect(".o_call_player_marker").toHaveAttribute("aria-label", "Note at 0:25: Price?");
    expect(queryOne(".o_call_player_marker").style.insetInlineStart).toBe("25%");
    await contains(".o_call_player_marker").click();
    expect(".o_call_player_clock").toHaveText("0:25 / 1:40");
});

test("what cannot be played says why, and is offered as a file to those who may have it", async () => {
    await mountPlayer({ reason: "Browsers do not play GSM.", download_url: "/x/download" });
    expect("audio").toHaveCount(0);
    expect(".o_call_player_message").toHaveText("Browsers do not play GSM.");
    expect(".o_call_player_download").toHaveAttribute("href", "/x/download");
});

test("a recording that fails says what to do", async () => {
    await mountPlayer();
    await manuallyDispatchProgrammaticEvent(queryOne("audio"), "error");
    await animationFrame();
    expect(".o_call_player_message").toHaveText(/cannot be played/);
});

test("only one is heard at a time", async () => {
    await openRecordedCall({}, () => [getRecordingData(), getRecordingData({ id: 8 })]);
    expect(queryAll(".o_call_player")).toHaveLength(2);
    await contains(".o_call_player_play:eq(0)").click();
    await contains(".o_call_player_play:eq(1)").click();
    expect.verifySteps(["play at 1", "play at 1", "pause"]);
    expect(".o_call_player_play:eq(0)").toHaveAttribute("aria-label", "Play");
    expect(".o_call_player_play:eq(1)").toHaveAttribute("aria-label", "Pause");
    await contains(".o_call_player_play:eq(1)").click();
    expect.verifySteps(["pause"]);
});

test("a call that was recorded says so to those who may not listen", async () => {
    await openRecordedCall({}, () => []);
    expect(".o_call_recordings").toHaveText(/do not have the right to listen/);
});

test("a list opens the player of a recorded call only", async () => {
    CallCall._records = [
        { id: 1, recording_state: "here" },
        { id: 2, recording_state: "gone" },
        { id: 3 },
    ];
    onRpc("call.call", "get_recordings", ({ args }) => {
        expect.step(args[0]);
        return [getRecordingData()];
    });
    await mountView({
        type: "list",
        resModel: "call.call",
        arch: `<list><field name="recording_state" widget="call_recording_cell"/></list>`,
    });
    expect(".o_call_recording_cell").toHaveCount(1);
    expect.verifySteps([]);
    await contains(".o_call_recording_cell").click();
    expect(".o_call_recording_popover .o_call_player").toHaveCount(1);
    expect.verifySteps([[1]]);
});
