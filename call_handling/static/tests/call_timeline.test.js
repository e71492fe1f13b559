import { expect, freezeTime, mockDate, test } from "@odoo/hoot";
import { queryAllAttributes, queryAllTexts, queryFirst, queryOne } from "@odoo/hoot-dom";
import { mountView, serverState } from "@web/../tests/web_test_helpers";
import { CallCall, CallLeg, HrEmployee, defineCallModels } from "./call_handling_test_helpers";

defineCallModels();

const LINE = ".o_call_timeline_line";

/**
 * @param {string} clock hours, minutes and seconds, separated by colons
 * @returns {number} seconds since midnight
 */
function toSeconds(clock) {
    return clock.split(":").reduce((seconds, part) => seconds * 60 + Number(part), 0);
}

/**
 * Opens the form of a call with these phones. Their dates are only times of day. The talk time is
 * computed from them unless it is given.
 *
 * @param {object[]} legs
 */
async function openCallWithPhones(legs) {
    CallLeg._records = legs.map((leg, index) => {
        const record = { ...leg, id: index + 1, call_id: 1 };
        if (leg.date_answer && leg.date_end) {
            record.talk_seconds ??= toSeconds(leg.date_end) - toSeconds(leg.date_answer);
        }
        for (const name of ["date_ring", "date_answer", "date_end"]) {
            if (leg[name]) {
                record[name] = `2025-03-10 ${leg[name]}`;
            }
        }
        return record;
    });
    CallCall._records = [{ id: 1, leg_ids: CallLeg._records.map(({ id }) => id) }];
    await mountView({
        type: "form",
        resModel: "call.call",
        resId: 1,
        arch: `
            <form>
                <field name="leg_ids" widget="call_timeline" nolabel="1">
                    <list>
                        <field name="extension"/>
                        <field name="number"/>
                        <field name="user_id"/>
                        <field name="employee_id"/>
                        <field name="date_ring"/>
                        <field name="date_answer"/>
                        <field name="date_end"/>
                        <field name="talk_seconds"/>
                        <field name="outcome"/>
                    </list>
                </field>
            </form>`,
    });
}

/**
 * Returns the start and the width of a bar, in percent.
 *
 * @param {"ring" | "talk"} kind
 * @param {number} [line]
 * @returns {[number, number]}
 */
function getBar(kind, line = 0) {
    const { style } = queryOne(`${LINE}:eq(${line}) .o_call_timeline_${kind}`);
    const percent = (text) => Number(text.match(/^(.*)%$/)[1]);
    return [percent(style.insetInlineStart), percent(style.width)];
}

test("each phone has a line with its extension and outcome", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:20", outcome: "elsewhere" },
        { extension: "22", date_ring: "10:00:00", date_end: "10:00:20", outcome: "no_answer" },
    ]);
    expect(queryAllTexts(".o_call_timeline_who")).toEqual(["21", "22"]);
    expect(queryAllTexts(".o_call_timeline_outcome")).toEqual(["Answered elsewhere", "No answer"]);
    expect(".o_call_timeline_outcome:eq(0)").toHaveClass("o_call_timeline_elsewhere");
    expect(".o_call_timeline_outcome:eq(1)").toHaveClass("o_call_timeline_no_answer");
});

test("a party outside has a line with its number", async () => {
    await openCallWithPhones([
        { number: "+493023125142", date_ring: "10:00:00", date_end: "10:00:20", outcome: "answered" },
    ]);
    expect(queryAllTexts(".o_call_timeline_who")).toEqual(["+493023125142"]);
});

test("the phone of a user is shown with the user's name", async () => {
    await openCallWithPhones([
        {
            extension: "21",
            user_id: serverState.userId,
            date_ring: "10:00:00",
            date_end: "10:00:20",
            outcome: "no_answer",
        },
    ]);
    expect(".o_call_timeline_who").toHaveText(new RegExp(`^${serverState.partnerName}\\s*21$`));
});

test("the phone of an employee without a user is shown with the employee's name", async () => {
    HrEmployee._records = [{ id: 7, name: "Jo Driver" }];
    await openCallWithPhones([
        {
            extension: "truck",
            employee_id: 7,
            date_ring: "10:00:00",
            date_end: "10:00:20",
            outcome: "no_answer",
        },
    ]);
    expect(".o_call_timeline_who").toHaveText(/^Jo Driver\s*truck$/);
});

test("bars show when a phone rang and was talked on", async () => {
    await openCallWithPhones([
        {
            extension: "21",
            date_ring: "10:00:00",
            date_answer: "10:00:25",
            date_end: "10:01:15",
            outcome: "transferred",
        },
        {
            extension: "22",
            date_ring: "10:01:15",
            date_answer: "10:01:20",
            date_end: "10:01:40",
            outcome: "answered",
        },
    ]);
    expect(getBar("ring", 0)).toEqual([0, 25]);
    expect(getBar("talk", 0)).toEqual([25, 50]);
    expect(getBar("ring", 1)).toEqual([75, 5]);
    expect(getBar("talk", 1)).toEqual([80, 20]);
});

test("the talk time is shown next to the outcome", async () => {
    await openCallWithPhones([
        {
            extension: "21",
            date_ring: "10:00:00",
            date_answer: "10:00:10",
            date_end: "11:03:15",
            outcome: "answered",
        },
    ]);
    expect(".o_call_timeline_outcome").toHaveText(/^Answered\s*1:03:05$/);
});

test("the talk time is the one that the server has computed", async () => {
    await openCallWithPhones([
        {
            extension: "21",
            date_ring: "10:00:00",
            date_answer: "10:00:04",
            date_end: "10:00:54",
            talk_seconds: 49,
            outcome: "answered",
        },
    ]);
    expect(".o_call_timeline_outcome").toHaveText(/^Answered\s*0:49$/);
});

test("a phone that was not answered has no talk time", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:20", outcome: "no_answer" },
    ]);
    expect(getBar("ring")).toEqual([0, 100]);
    expect(".o_call_timeline_talk").toHaveCount(0);
    expect(".o_call_timeline_outcome").toHaveText("No answer");
});

test("bars have the right position and size", async () => {
    await openCallWithPhones([
        {
            extension: "21",
            date_ring: "10:00:00",
            date_answer: "10:00:50",
            date_end: "10:01:40",
            outcome: "answered",
        },
    ]);
    const whole = queryOne(".o_call_timeline_bars").getBoundingClientRect();
    const talk = queryOne(".o_call_timeline_talk").getBoundingClientRect();
    expect(talk.left - whole.left).toBeCloseTo(whole.width / 2, { margin: 1 });
    expect(talk.right).toBeCloseTo(whole.right, { margin: 1 });
    expect(talk.height).toBe(whole.height);
    expect(talk.height).toBeGreaterThan(0);
});

test("very short bars are visible", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:00", outcome: "elsewhere" },
        {
            extension: "22",
            date_ring: "10:00:00",
            date_answer: "10:00:01",
            date_end: "11:00:00",
            outcome: "answered",
        },
    ]);
    expect(getBar("ring", 0)).toEqual([0, 1]);
    expect(getBar("ring", 1)).toEqual([0, 1]);
});

test("a call that ended immediately has a line", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:00", outcome: "no_answer" },
    ]);
    expect(LINE).toHaveCount(1);
    expect(getBar("ring")).toEqual([0, 1]);
});

test("the bar of a ringing phone ends now", async () => {
    mockDate("2025-03-10 10:00:40", +0);
    freezeTime();
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00" },
        { extension: "22", date_ring: "10:00:00", date_end: "10:00:10", outcome: "no_answer" },
    ]);
    expect(".o_call_timeline_outcome:eq(0)").toHaveText("Ringing");
    expect(".o_call_timeline_outcome:eq(0)").toHaveClass("o_call_timeline_running");
    expect(getBar("ring", 0)).toEqual([0, 100]);
    expect(getBar("ring", 1)).toEqual([0, 25]);
});

test("the bar and the talk time of an ongoing call end now", async () => {
    mockDate("2025-03-10 10:01:40", +0);
    freezeTime();
    await openCallWithPhones([{ extension: "21", date_ring: "10:00:00", date_answer: "10:00:40" }]);
    expect(".o_call_timeline_outcome").toHaveText(/^Talking\s*1:00$/);
    expect(getBar("ring")).toEqual([0, 40]);
    expect(getBar("talk")).toEqual([40, 60]);
});

test("a slow local clock does not reverse bars", async () => {
    mockDate("2025-03-10 09:59:00", +0);
    freezeTime();
    await openCallWithPhones([{ extension: "21", date_ring: "10:00:00", date_answer: "10:00:40" }]);
    expect(".o_call_timeline_outcome").toHaveText(/^Talking\s*0:00$/);
    expect(getBar("ring")).toEqual([0, 100]);
});

test("a phone without a ringing date has no ringing bar", async () => {
    await openCallWithPhones([
        { extension: "21", date_answer: "10:00:00", date_end: "10:00:50", outcome: "transferred" },
        { extension: "22", date_end: "10:01:40", outcome: "no_answer" },
    ]);
    expect(".o_call_timeline_ring").toHaveCount(0);
    expect(getBar("talk", 0)).toEqual([0, 50]);
    expect(`${LINE}:eq(1) .o_call_timeline_talk`).toHaveCount(0);
    expect(".o_call_timeline_outcome:eq(1)").toHaveText("No answer");
});

test("the tooltip shows dates with seconds in the user's time zone", async () => {
    mockDate("2025-03-10 12:00:00", +1);
    await openCallWithPhones([
        {
            extension: "21",
            date_ring: "10:00:00",
            date_answer: "10:00:10",
            date_end: "10:00:50",
            outcome: "answered",
        },
        { extension: "22", date_ring: "10:00:00" },
        { extension: "23", date_end: "10:00:10", outcome: "no_answer" },
    ]);
    expect(queryAllAttributes(LINE, "title")).toEqual([
        "Rang at 03/10/2025 11:00:00, " +
            "answered at 03/10/2025 11:00:10, ended at 03/10/2025 11:00:50",
        "Rang at 03/10/2025 11:00:00",
        "ended at 03/10/2025 11:00:10",
    ]);
});

test("HTML from a telephone system is shown as text", async () => {
    const name = `<img class="evil" src="x"/>`;
    await openCallWithPhones([
        { extension: name, date_ring: "10:00:00", date_end: "10:00:20", outcome: "no_answer" },
    ]);
    expect(".o_call_timeline_who").toHaveText(name);
    expect(".evil").toHaveCount(0);
});

test("a call without phones has no timeline", async () => {
    await openCallWithPhones([]);
    expect(".o_field_widget[name=leg_ids]").toHaveCount(1);
    expect(queryFirst(".o_field_widget[name=leg_ids]").children).toHaveLength(0);
});

test("the timeline has a label for screen readers", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:20", outcome: "no_answer" },
    ]);
    expect("ul.o_call_timeline").toHaveAttribute("aria-label", "Phones of the call");
    expect(".o_call_timeline_bars").toHaveAttribute("aria-hidden", "true");
});

test("a phone without dates does not break the form", async () => {
    await openCallWithPhones([{ extension: "21" }]);
    expect(".o_call_timeline_who").toHaveText("21");
    expect(".o_call_timeline_ring").toHaveCount(0);
});

test("a very short bar at the end of a call is visible", async () => {
    await openCallWithPhones([
        {
            extension: "21",
            date_ring: "10:00:00",
            date_answer: "10:00:10",
            date_end: "10:10:00",
            outcome: "answered",
        },
        { extension: "22", date_ring: "10:10:00", date_end: "10:10:00", outcome: "no_answer" },
    ]);
    const whole = queryOne(`${LINE}:eq(1) .o_call_timeline_bars`).getBoundingClientRect();
    const ring = queryOne(`${LINE}:eq(1) .o_call_timeline_ring`).getBoundingClientRect();
    expect(ring.right).not.toBeGreaterThan(whole.right);
});
