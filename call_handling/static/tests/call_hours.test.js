import { expect, test } from "@odoo/hoot";
import { queryAllAttributes } from "@odoo/hoot-dom";
import { mountView } from "@web/../tests/web_test_helpers";
import { CallCall, defineCallModels } from "./call_handling_test_helpers";

defineCallModels();

const HOURS = [
    { label: "08", count: 3, usual: 6, is_now: false },
    { label: "09", count: 0, usual: 4, is_now: true },
    { label: "10", count: null, usual: 0, is_now: false },
];

async function openForm(hours) {
    CallCall._records = [{ id: 1, findings: { hours, zone: "Europe/Berlin" } }];
    await mountView({
        type: "form",
        resModel: "call.call",
        resId: 1,
        arch: `<form><field name="findings" widget="call_hours"/></form>`,
    });
}

test("today stands in front of what is usual", async () => {
    await openForm(HOURS);
    expect(queryAllAttributes(".o_call_hours_hour", "title")).toEqual([
        "08:00 · 3 events · usual: 6",
        "09:00 · 0 events · usual: 4",
        "10:00 · usual: 0",
    ]);
    expect(".o_call_hours_plot .o_call_hours_usual").toHaveCount(2);
    expect(".o_call_hours_plot .o_call_hours_count").toHaveCount(1);
    expect(".o_call_hours_count[style*='height: 50%']").toHaveCount(1);
    expect(".o_call_hours_now .o_call_hours_label").toHaveText("09");
    expect(".o_call_hours").toHaveText(/today \(Europe\/Berlin\)/);
    expect(".o_call_hours").toHaveText(/This hour: 0 events; a whole hour usually has 4/);
});

test("as long as too little is known, it says so", async () => {
    await openForm(HOURS.map((hour) => ({ ...hour, usual: null })));
    expect(".o_call_hours_usual").toHaveCount(0);
    expect(".o_call_hours").toHaveText(/What is usual is known after three weeks/);
});
