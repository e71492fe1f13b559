import { expect, test } from "@odoo/hoot";
import { queryOne } from "@odoo/hoot-dom";
import { clickSave, contains, mountView, onRpc } from "@web/../tests/web_test_helpers";
import { CallCall, defineCallModels } from "./call_handling_test_helpers";

import {
    formatCallDuration,
    parseCallDuration,
} from "@call_handling/call_duration/call_duration_field";

defineCallModels();

const FIELD = ".o_field_widget[name=talk_seconds]";
const INPUT = `${FIELD} input`;

/**
 * Opens the form of a call.
 *
 * @param {number} seconds talk time of the call
 * @param {string} [attributes] of the field
 */
async function openCall(seconds, attributes = "") {
    CallCall._records = [{ id: 1, talk_seconds: seconds }];
    await mountView({
        type: "form",
        resModel: "call.call",
        resId: 1,
        arch: `
            <form>
                <label for="talk_seconds"/>
                <field name="talk_seconds" widget="call_duration" ${attributes}/>
                <field name="remote_name"/>
            </form>`,
    });
}

/** Adds a step for every save of a call: `saved 185`. */
function stepSaves() {
    onRpc("call.call", "web_save", ({ args }) => expect.step(`saved ${args[1].talk_seconds}`));
}

test("a duration is formatted as minutes and seconds", () => {
    expect(formatCallDuration(0)).toBe("0:00");
    expect(formatCallDuration(5)).toBe("0:05");
    expect(formatCallDuration(59)).toBe("0:59");
    expect(formatCallDuration(60)).toBe("1:00");
    expect(formatCallDuration(185)).toBe("3:05");
    expect(formatCallDuration(3599)).toBe("59:59");
});

test("a duration of an hour or more is formatted with hours", () => {
    expect(formatCallDuration(3600)).toBe("1:00:00");
    expect(formatCallDuration(3785)).toBe("1:03:05");
    expect(formatCallDuration(36000)).toBe("10:00:00");
    expect(formatCallDuration(90061)).toBe("25:01:01");
});

test("an average duration is rounded to whole seconds", () => {
    expect(formatCallDuration(59.4)).toBe("0:59");
    expect(formatCallDuration(59.5)).toBe("1:00");
    expect(formatCallDuration(3599.7)).toBe("1:00:00");
});

test("a negative duration keeps its sign", () => {
    expect(formatCallDuration(-65)).toBe("-1:05");
});

test("a missing duration is formatted as an empty text", () => {
    expect(formatCallDuration(false)).toBe("");
    expect(formatCallDuration(null)).toBe("");
    expect(formatCallDuration(undefined)).toBe("");
});

test("minutes and seconds are parsed, with or without hours", () => {
    expect(parseCallDuration("0:00")).toBe(0);
    expect(parseCallDuration("0:59")).toBe(59);
    expect(parseCallDuration("3:05")).toBe(185);
    expect(parseCallDuration("3:5")).toBe(185);
    expect(parseCallDuration("90:00")).toBe(5400);
    expect(parseCallDuration("1:03:05")).toBe(3785);
    expect(parseCallDuration("100:00:00")).toBe(360000);
    expect(parseCallDuration(" 3:05 ")).toBe(185);
});

test("a plain number is parsed as minutes", () => {
    expect(parseCallDuration("0")).toBe(0);
    expect(parseCallDuration("3")).toBe(180);
    expect(parseCallDuration("90")).toBe(5400);
});

test("a formatted duration is parsed to the same value", () => {
    for (const seconds of [0, 1, 59, 60, 61, 3599, 3600, 3661, 86399, 86400]) {
        expect(parseCallDuration(formatCallDuration(seconds))).toBe(seconds);
    }
});

test("an invalid duration is refused", () => {
    const colons = [":", "3:", ":05", "3::05", "1:2:3:4", "3:60", "1:75:00"];
    const numbers = ["-3:05", "3.5", "3,5", "1e3", "3:0x", "3 05", "three", "0x10"];
    for (const text of [...colons, ...numbers]) {
        expect(() => parseCallDuration(text)).toThrow("is not a length of time");
    }
});

test("an empty text is parsed as 0", () => {
    expect(parseCallDuration("")).toBe(0);
    expect(parseCallDuration(" ")).toBe(0);
});

test("the field shows minutes and seconds", async () => {
    await openCall(185);
    expect(INPUT).toHaveValue("3:05");
});

test("the field shows 0:00 without talk time", async () => {
    await openCall(0);
    expect(INPUT).toHaveValue("0:00");
});

test("the label belongs to the input", async () => {
    await openCall(185);
    expect("label").toHaveAttribute("for", queryOne(INPUT).id);
});

test("a readonly field has no input", async () => {
    await openCall(185, 'readonly="1"');
    expect(FIELD).toHaveText("3:05");
    expect(INPUT).toHaveCount(0);
});

test("a readonly field shows 0:00 without talk time", async () => {
    await openCall(0, 'readonly="1"');
    expect(FIELD).toHaveText("0:00");
    expect(FIELD).not.toHaveClass("o_field_empty");
});

test("a duration can be typed with hours, minutes and seconds", async () => {
    stepSaves();
    await openCall(0);
    await contains(INPUT).edit("1:03:05");
    await clickSave();
    expect.verifySteps(["saved 3785"]);
    expect(INPUT).toHaveValue("1:03:05");
});

test("a duration can be typed in minutes and is shown with seconds", async () => {
    stepSaves();
    await openCall(0);
    await contains(INPUT).edit("4");
    expect(INPUT).toHaveValue("4:00");
    await clickSave();
    expect.verifySteps(["saved 240"]);
});

test("a typed duration is shown in the usual format", async () => {
    await openCall(185);
    await contains(INPUT).edit("03:05");
    expect(INPUT).toHaveValue("3:05");
});

test("an invalid duration marks the field and is not saved", async () => {
    stepSaves();
    await openCall(185);
    await contains(INPUT).edit("three minutes", { confirm: false });
    await clickSave();
    expect.verifySteps([]);
    expect(FIELD).toHaveClass("o_field_invalid");
    expect(INPUT).toHaveValue("three minutes");
    expect(".o_notification_bar").toHaveClass("bg-danger");

    await contains(INPUT).edit("3:00");
    expect(FIELD).not.toHaveClass("o_field_invalid");
    await clickSave();
    expect.verifySteps(["saved 180"]);
});

test("a list shows durations, their sum and their average", async () => {
    CallCall._records = [
        { id: 1, talk_seconds: 185, wait_seconds: 5 },
        { id: 2, talk_seconds: 3600, wait_seconds: 8 },
    ];
    await mountView({
        type: "list",
        resModel: "call.call",
        arch: `
            <list>
                <field name="talk_seconds" widget="call_duration" sum="Total"/>
                <field name="wait_seconds" widget="call_duration" avg="Average"/>
            </list>`,
    });
    expect(".o_data_cell[name=talk_seconds]:eq(0)").toHaveText("3:05");
    expect(".o_data_cell[name=talk_seconds]:eq(1)").toHaveText("1:00:00");
    expect("tfoot .o_list_number:eq(0)").toHaveText("1:03:05");
    expect("tfoot .o_list_number:eq(1)").toHaveText("0:07");
});

test("a kanban card shows a duration", async () => {
    CallCall._records = [{ id: 1, talk_seconds: 185 }];
    await mountView({
        type: "kanban",
        resModel: "call.call",
        arch: `
            <kanban>
                <templates>
                    <t t-name="card"><field name="talk_seconds" widget="call_duration"/></t>
                </templates>
            </kanban>`,
    });
    expect(".o_kanban_record:not(.o_kanban_ghost)").toHaveText("3:05");
});

test("a pivot table shows the sum of durations", async () => {
    CallCall._records = [
        { id: 1, talk_seconds: 185, state: "ended" },
        { id: 2, talk_seconds: 3600, state: "ended" },
    ];
    await mountView({
        type: "pivot",
        resModel: "call.call",
        arch: `<pivot><field name="talk_seconds" type="measure" widget="call_duration"/></pivot>`,
    });
    expect(".o_pivot_cell_value").toHaveText("1:03:05");
});
