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
 * Opens the form of a call that was talked on for some seconds.
 *
 * @param {number} seconds
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

/** Lets every save of a call be a step: `saved 185`. */
function stepSaves() {
    onRpc("call.call", "web_save", ({ args }) => expect.step(`saved ${args[1].talk_seconds}`));
}

test("a length is written as minutes and seconds", () => {
    expect(formatCallDuration(0)).toBe("0:00");
    expect(formatCallDuration(5)).toBe("0:05");
    expect(formatCallDuration(59)).toBe("0:59");
    expect(formatCallDuration(60)).toBe("1:00");
    expect(formatCallDuration(185)).toBe("3:05");
    expect(formatCallDuration(3599)).toBe("59:59");
});

test("a length of an hour and more is written with its hours", () => {
    expect(formatCallDuration(3600)).toBe("1:00:00");
    expect(formatCallDuration(3785)).toBe("1:03:05");
    expect(formatCallDuration(36000)).toBe("10:00:00");
    expect(formatCallDuration(90061)).toBe("25:01:01");
});

test("an average of lengths is written in whole seconds", () => {
    expect(formatCallDuration(59.4)).toBe("0:59");
    expect(formatCallDuration(59.5)).toBe("1:00");
    expect(formatCallDuration(3599.7)).toBe("1:00:00");
});

test("a length below zero keeps its sign", () => {
    expect(formatCallDuration(-65)).toBe("-1:05");
});

test("no length is written as nothing", () => {
    expect(formatCallDuration(false)).toBe("");
    expect(formatCallDuration(null)).toBe("");
    expect(formatCallDuration(undefined)).toBe("");
});

test("a length is read with minutes and seconds, and with hours", () => {
    expect(parseCallDuration("0:00")).toBe(0);
    expect(parseCallDuration("0:59")).toBe(59);
    expect(parseCallDuration("3:05")).toBe(185);
    expect(parseCallDuration("3:5")).toBe(185);
    expect(parseCallDuration("90:00")).toBe(5400);
    expect(parseCallDuration("1:03:05")).toBe(3785);
    expect(parseCallDuration("100:00:00")).toBe(360000);
    expect(parseCallDuration(" 3:05 ")).toBe(185);
});

test("a number alone is read as minutes", () => {
    expect(parseCallDuration("0")).toBe(0);
    expect(parseCallDuration("3")).toBe(180);
    expect(parseCallDuration("90")).toBe(5400);
});

test("what was written is read as the same length", () => {
    for (const seconds of [0, 1, 59, 60, 61, 3599, 3600, 3661, 86399, 86400]) {
        expect(parseCallDuration(formatCallDuration(seconds))).toBe(seconds);
    }
});

test("what is no length is refused", () => {
    const colons = [":", "3:", ":05", "3::05", "1:2:3:4", "3:60", "1:75:00"];
    const numbers = ["-3:05", "3.5", "3,5", "1e3", "3:0x", "3 05", "three", "0x10"];
    for (const text of [...colons, ...numbers]) {
        expect(() => parseCallDuration(text)).toThrow("is not a length of time");
    }
});

test("nothing typed is no length", () => {
    expect(parseCallDuration("")).toBe(0);
    expect(parseCallDuration(" ")).toBe(0);
});

test("a length is shown as minutes and seconds", async () => {
    await openCall(185);
    expect(INPUT).toHaveValue("3:05");
});

test("a call that was not talked on has the length 0:00", async () => {
    await openCall(0);
    expect(INPUT).toHaveValue("0:00");
});

test("the label leads to the length", async () => {
    await openCall(185);
    expect("label").toHaveAttribute("for", queryOne(INPUT).id);
});

test("a length that is not to be changed is shown only", async () => {
    await openCall(185, 'readonly="1"');
    expect(FIELD).toHaveText("3:05");
    expect(INPUT).toHaveCount(0);
});

test("the length of a call that was not talked on is shown, too", async () => {
    await openCall(0, 'readonly="1"');
    expect(FIELD).toHaveText("0:00");
    expect(FIELD).not.toHaveClass("o_field_empty");
});

test("a length is typed as minutes and seconds", async () => {
    stepSaves();
    await openCall(0);
    await contains(INPUT).edit("1:03:05");
    await clickSave();
    expect.verifySteps(["saved 3785"]);
    expect(INPUT).toHaveValue("1:03:05");
});

test("a length is typed as minutes, and shown with its seconds", async () => {
    stepSaves();
    await openCall(0);
    await contains(INPUT).edit("4");
    expect(INPUT).toHaveValue("4:00");
    await clickSave();
    expect.verifySteps(["saved 240"]);
});

test("a length that is typed in another way is written in the usual one", async () => {
    await openCall(185);
    await contains(INPUT).edit("03:05");
    expect(INPUT).toHaveValue("3:05");
});

test("text that is no length leaves the field invalid and is not saved", async () => {
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

test("lengths are shown, added up and averaged in a list", async () => {
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

test("a length is shown on a card", async () => {
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

test("lengths are added up in a pivot table", async () => {
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
