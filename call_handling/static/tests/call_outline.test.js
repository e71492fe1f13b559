import { waitForChannels, waitNotifications } from "@bus/../tests/bus_test_helpers";
import { beforeEach, expect, test } from "@odoo/hoot";
import { animationFrame, queryAllTexts } from "@odoo/hoot-dom";
import { contains, MockServer, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { CHANNEL, MESSAGE } from "@call_handling/call_conversation/call_conversation_service";
import { CallCall, defineCallModels } from "./call_handling_test_helpers";

defineCallModels();

const OPEN = { state: "open", decision: "", details: "", may_dismiss: true };
const SUMMARY = {
    ...OPEN,
    id: 11,
    kind: "summary",
    label: "Summary",
    text: "The heating is cold.",
    targets: [
        { id: "summary", name: "Summary" },
        { id: "note", name: "Note" },
    ],
};
const ACTION = {
    ...OPEN,
    id: 12,
    kind: "action",
    label: "To Do",
    text: "Send <b>somebody</b> http://evil.example",
    details: "our side · until 11/30/2026",
    targets: [{ id: "reminder", name: "Reminder" }],
};

let outline;

beforeEach(() => {
    outline = {
        state: "here",
        reason: "",
        is_from_notes: false,
        can_request: true,
        points: [SUMMARY, ACTION],
    };
    CallCall._records = [{ id: 1, outline_state: "here" }];
    onRpc("call.call", "get_outline", () => outline);
    onRpc("call.call", "action_request_outline", ({ args }) => {
        expect.step(["requested", ...args]);
        outline = { ...outline, state: "waiting", points: [] };
        MockServer.env["call.call"].write(args[0], { outline_state: "waiting" });
        return true;
    });
    onRpc("call.outline.point", "action_take_over", ({ args }) => {
        expect.step(["taken", ...args]);
        const taken = { state: "taken", decision: "Taken over as Summary by Alice", targets: [] };
        outline = { ...outline, points: [{ ...SUMMARY, ...taken }, ACTION] };
        return true;
    });
    onRpc("call.outline.point", "action_dismiss", ({ args }) => {
        expect.step(["dismissed", ...args]);
        const dismissed = { state: "dismissed", decision: "Dismissed by Alice", targets: [] };
        outline = { ...outline, points: [SUMMARY, { ...ACTION, ...dismissed }] };
        return true;
    });
});

/** Opens the form of the call. */
async function openCall() {
    await mountView({
        type: "form",
        resModel: "call.call",
        resId: 1,
        arch: `
            <form>
                <field name="outline_state" widget="call_outline" nolabel="1"/>
                <field name="summary"/>
            </form>`,
    });
}

test("each proposal says what it is, and as what it can be taken over", async () => {
    await openCall();
    expect(queryAllTexts(".o_call_outline_point .btn")).toEqual([
        "Summary",
        "Note",
        "Dismiss",
        "Reminder",
        "Dismiss",
    ]);
    expect(".o_call_outline_point:eq(0)").toHaveText(/^Summary\s+The heating is cold\./);
    expect(".o_call_outline_point:eq(1)").toHaveText(/our side · until 11\/30\/2026/);
});

test("what the caller said is plain text, without links", async () => {
    await openCall();
    expect(".o_call_outline_point:eq(1)").toHaveText(/Send <b>somebody<\/b> http/);
    expect(".o_call_outline a, .o_call_outline b").toHaveCount(0);
});

test("a click takes one proposal over", async () => {
    await openCall();
    await contains(".o_call_outline_point:eq(0) .btn:contains(Summary)").click();
    expect.verifySteps([["taken", [11], "summary"]]);
    expect(".o_call_outline_point:eq(0)").toHaveText(/Taken over as Summary by Alice/);
    expect(".o_call_outline_point:eq(0) .btn").toHaveCount(0);
    expect(".o_call_outline_point:eq(1) .btn").toHaveCount(2);
});

test("a click dismisses one", async () => {
    await openCall();
    await contains(".o_call_outline_point:eq(1) .btn:contains(Dismiss)").click();
    expect.verifySteps([["dismissed", [12]]]);
    expect(".o_call_outline_point:eq(1)").toHaveText(/Dismissed by Alice/);
});

test("proposals are asked for with a click, and then the form says that they come", async () => {
    CallCall._records = [{ id: 1, outline_state: "possible" }];
    await openCall();
    expect(".o_call_outline .card").toHaveCount(0);
    await contains(".o_call_outline .btn").click();
    expect.verifySteps([["requested", [1]]]);
    expect(".o_call_outline").toHaveText(/The conversation is being read/);
});

test("proposals appear by themselves, and what is typed in the form stays", async () => {
    CallCall._records = [{ id: 1, outline_state: "waiting", summary: "" }];
    const { points } = outline;
    outline = { ...outline, state: "waiting", points: [] };
    await openCall();
    expect(".o_call_outline").toHaveText(/The conversation is being read/);
    await contains(".o_field_widget[name=summary] textarea").edit("Typed", { confirm: false });
    outline = { ...outline, state: "here", points };
    MockServer.env["call.call"].write([1], { outline_state: "here" });
    await waitForChannels([`${CHANNEL}1`]);
    MockServer.env["bus.bus"]._sendone(`${CHANNEL}1`, MESSAGE, { call_id: 1 });
    await waitNotifications([MESSAGE, { call_id: 1 }]);
    await animationFrame();
    await animationFrame();
    expect(".o_call_outline_point").toHaveCount(2);
    expect(".o_field_widget[name=summary] textarea").toHaveValue("Typed");
});

test("a failure says why, and is tried again with a click", async () => {
    CallCall._records = [{ id: 1, outline_state: "failed" }];
    outline = { ...outline, state: "failed", reason: "The server is busy.", points: [] };
    await openCall();
    expect(".o_call_outline").toHaveText(/The server is busy\./);
    await contains(".o_call_outline .btn:contains(Try Again)").click();
    expect.verifySteps([["requested", [1]]]);
});
