import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { contains, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { CallCall, defineCallModels } from "./call_handling_test_helpers";

defineCallModels();

const FINDINGS = [
    {
        name: "country",
        severity: "danger",
        text: "There is no country.",
        button: "Open the Company",
        method: "action_open_company",
    },
    { name: "events", severity: "info", text: "No event yet.", button: "", method: "" },
];

async function openForm(findings) {
    CallCall._records = [{ id: 1, findings }];
    await mountView({
        type: "form",
        resModel: "call.call",
        resId: 1,
        arch: `<form><field name="findings" widget="call_findings"/></form>`,
    });
}

test("every finding is shown, with a button where there is something to open", async () => {
    await openForm(FINDINGS);
    expect(queryAllTexts(".o_call_findings li span")).toEqual([
        "There is no country.",
        "No event yet.",
    ]);
    expect(queryAllTexts(".o_call_findings button")).toEqual(["Open the Company"]);
    expect(".o_call_findings li:first-child .text-danger").toHaveCount(1);
});

test("the button leads where it can be corrected", async () => {
    onRpc("call.call", "action_open_company", ({ args }) => {
        expect.step(["opened", ...args]);
        return { type: "ir.actions.act_window_close" };
    });
    await openForm(FINDINGS);
    await contains(".o_call_findings button").click();
    expect.verifySteps([["opened", [1]]]);
});
