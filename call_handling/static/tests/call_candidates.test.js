import { beforeEach, expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { contains, MockServer, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { CallCall, defineCallModels, ProjectTask } from "./call_handling_test_helpers";

import { mailModels } from "@mail/../tests/mail_test_helpers";

defineCallModels();

const ANNA = 501;
const BERT = 502;

beforeEach(() => {
    mailModels.ResPartner._records.push({ id: ANNA, name: "Anna" }, { id: BERT, name: "Bert" });
    CallCall._records = [
        { id: 1, match: "ambiguous", candidate_ids: [ANNA, BERT], remote_name: "Sales" },
    ];
    onRpc("call.call", "web_save", ({ args }) => expect.step(["saved", args[1]]));
    onRpc("call.call", "web_read", () => expect.step("read"));
    onRpc("call.call", "action_choose_partner", ({ args, kwargs }) => {
        expect(Object.keys(kwargs).filter((name) => name !== "context")).toEqual([]);
        expect.step(["chosen", ...args]);
        MockServer.env["call.call"].write(args[0], {
            match: "manual",
            partner_id: args[1],
            candidate_ids: [[6, 0, []]],
        });
        return true;
    });
});

/** Opens the form of a call that could be from Anna or Bert. */
async function openCall() {
    await mountView({
        type: "form",
        resModel: "call.call",
        resId: 1,
        arch: `
            <form>
                <div class="question" invisible="match != 'ambiguous'">
                    <field name="candidate_ids" widget="call_candidates" nolabel="1"/>
                </div>
                <field name="match" invisible="1"/>
                <field name="partner_id"/>
                <field name="remote_name" required="1"/>
            </form>`,
    });
    expect.verifySteps(["read"]);
}

test("every contact that has the number is offered", async () => {
    await openCall();
    expect(queryAllTexts(".o_call_candidates li .btn:first-child")).toEqual(["Anna", "Bert"]);
    expect(queryAllTexts(".o_call_candidates li .btn:last-child")).toEqual(["Always", "Always"]);
});

test("a click sets the contact of this call", async () => {
    await openCall();
    await contains(".o_call_candidates .btn:contains(Bert)").click();
    expect.verifySteps([["chosen", [1], BERT, false], "read"]);
});

test('"Always" sets the contact of all calls of the number', async () => {
    await openCall();
    await contains(".o_call_candidates li:contains(Anna) .btn:contains(Always)").click();
    expect.verifySteps([["chosen", [1], ANNA, true], "read"]);
});

test("the chosen contact is shown, and the question disappears", async () => {
    await openCall();
    expect(".o_field_widget[name=partner_id] input").toHaveValue("");
    expect(".question").toHaveCount(1);

    await contains(".o_call_candidates .btn:contains(Anna)").click();
    expect(".o_field_widget[name=partner_id] input").toHaveValue("Anna");
    expect(".question").toHaveCount(0);
    expect.verifySteps([["chosen", [1], ANNA, false], "read"]);
});

test("changes are saved before the contact is set", async () => {
    await openCall();
    await contains(".o_field_widget[name=remote_name] input").edit("Purchase", { confirm: false });
    await contains(".o_call_candidates .btn:contains(Anna)").click();
    expect.verifySteps([
        ["saved", { remote_name: "Purchase" }],
        ["chosen", [1], ANNA, false],
        "read",
    ]);
    expect(".o_field_widget[name=remote_name] input").toHaveValue("Purchase");
});

test("invalid changes are not lost by a choice", async () => {
    await openCall();
    await contains(".o_field_widget[name=remote_name] input").edit("", { confirm: false });
    await contains(".o_call_candidates .btn:contains(Anna)").click();
    expect.verifySteps([]);
    expect(".o_field_widget[name=remote_name]").toHaveClass("o_field_invalid");
    expect(".o_field_widget[name=remote_name] input").toHaveValue("");
});

test("HTML in a name is shown as text", async () => {
    const name = `<img class="evil" src="x"/>`;
    mailModels.ResPartner._records.find(({ id }) => id === ANNA).name = name;
    await openCall();
    expect(".o_call_candidates .btn:eq(0)").toHaveText(name);
    expect(".evil").toHaveCount(0);
});

// --- tasks -----------------------------------------------------------------------------

const PRINTER = 11;
const SCANNER = 12;

/** Opens the form of a call that could be about the printer or the scanner. */
async function openCallWithTasks() {
    ProjectTask._records = [
        { id: PRINTER, name: "Printer" },
        { id: SCANNER, name: "Scanner" },
    ];
    Object.assign(CallCall._records[0], { task_candidate_ids: [PRINTER, SCANNER] });
    onRpc("call.call", "action_choose_task", ({ args }) => {
        expect.step(["task", ...args]);
        MockServer.env["call.call"].write(args[0], {
            task_id: args[1],
            task_candidate_ids: [[6, 0, []]],
        });
        return true;
    });
    await mountView({
        type: "form",
        resModel: "call.call",
        resId: 1,
        arch: `
            <form>
                <div class="question" invisible="task_id or not task_candidate_ids">
                    <field
                        name="task_candidate_ids"
                        widget="call_candidates"
                        options="{'method': 'action_choose_task', 'icon': 'fa-tasks'}"
                        nolabel="1"
                    />
                </div>
                <field name="task_id"/>
                <field name="remote_name"/>
            </form>`,
    });
    expect.verifySteps(["read"]);
}

test("open tasks are offered with their icon, for this call only", async () => {
    await openCallWithTasks();
    expect(queryAllTexts(".o_call_candidates .btn")).toEqual(["Printer", "Scanner"]);
    expect(".o_call_candidates .btn:first .fa-tasks").toHaveCount(1);
    expect(".o_call_candidates .btn:first").toHaveAttribute(
        "title",
        "Set as the subject of this call"
    );
});

test("a click sets the task, and the question disappears", async () => {
    await openCallWithTasks();
    await contains(".o_call_candidates .btn:contains(Scanner)").click();
    expect.verifySteps([["task", [1], SCANNER], "read"]);
    expect(".o_field_widget[name=task_id] input").toHaveValue("Scanner");
    expect(".question").toHaveCount(0);
});

test("changes are saved before the task is set", async () => {
    await openCallWithTasks();
    await contains(".o_field_widget[name=remote_name] input").edit("Repair", { confirm: false });
    await contains(".o_call_candidates .btn:contains(Printer)").click();
    expect.verifySteps([["saved", { remote_name: "Repair" }], ["task", [1], PRINTER], "read"]);
});
