import { expect, freezeTime, mockDate, test } from "@odoo/hoot";
import { queryAllAttributes, queryAllTexts, queryFirst, queryOne } from "@odoo/hoot-dom";
import { mountView, serverState } from "@web/../tests/web_test_helpers";
import { CallCall, CallLeg, defineCallModels } from "./call_handling_test_helpers";

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
 * Opens the form of a call with these phones. Dates are the time of the day only. How long
 * somebody spoke follows from them, unless it is told.
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
                        <field name="user_id"/>
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
 * Where a bar begins and how long it is, in percent of all bars' width.
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

test("each phone of a call has a line: its extension, and how it went there", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:20", outcome: "elsewhere" },
        { extension: "22", date_ring: "10:00:00", date_end: "10:00:20", outcome: "no_answer" },
    ]);
    expect(queryAllTexts(".o_call_timeline_who")).toEqual(["21", "22"]);
    expect(queryAllTexts(".o_call_timeline_outcome")).toEqual(["Answered elsewhere", "No answer"]);
    expect(".o_call_timeline_outcome:eq(0)").toHaveClass("o_call_timeline_elsewhere");
    expect(".o_call_timeline_outcome:eq(1)").toHaveClass("o_call_timeline_no_answer");
});

test("a phone that belongs to a person is called by the person's name", async () => {
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

test("bars show when it rang and when it was spoken on, as parts of the whole call", async () => {
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

test("the talking time stands beside the outcome", async () => {
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

test("the talking time is the server's, which knows parts of a second", async () => {
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

test("a phone that nobody picked up has no talking time", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:20", outcome: "no_answer" },
    ]);
    expect(getBar("ring")).toEqual([0, 100]);
    expect(".o_call_timeline_talk").toHaveCount(0);
    expect(".o_call_timeline_outcome").toHaveText("No answer");
});

test("the bars are seen", async () => {
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

test("what was very short is seen too", async () => {
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

test("a call that ended at once has a line", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:00", outcome: "no_answer" },
    ]);
    expect(LINE).toHaveCount(1);
    expect(getBar("ring")).toEqual([0, 1]);
});

test("a phone that rings has a bar until now", async () => {
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

test("a phone on which somebody speaks has a bar and a length until now", async () => {
    mockDate("2025-03-10 10:01:40", +0);
    freezeTime();
    await openCallWithPhones([{ extension: "21", date_ring: "10:00:00", date_answer: "10:00:40" }]);
    expect(".o_call_timeline_outcome").toHaveText(/^Talking\s*1:00$/);
    expect(getBar("ring")).toEqual([0, 40]);
    expect(getBar("talk")).toEqual([40, 60]);
});

test("a clock of this computer that is slow does not turn bars round", async () => {
    mockDate("2025-03-10 09:59:00", +0);
    freezeTime();
    await openCallWithPhones([{ extension: "21", date_ring: "10:00:00", date_answer: "10:00:40" }]);
    expect(".o_call_timeline_outcome").toHaveText(/^Talking\s*0:00$/);
    expect(getBar("ring")).toEqual([0, 100]);
});

test("a phone of which no ringing was told has no bar of ringing", async () => {
    await openCallWithPhones([
        { extension: "21", date_answer: "10:00:00", date_end: "10:00:50", outcome: "transferred" },
        { extension: "22", date_end: "10:01:40", outcome: "no_answer" },
    ]);
    expect(".o_call_timeline_ring").toHaveCount(0);
    expect(getBar("talk", 0)).toEqual([0, 50]);
    expect(`${LINE}:eq(1) .o_call_timeline_talk`).toHaveCount(0);
    expect(".o_call_timeline_outcome:eq(1)").toHaveText("No answer");
});

test("the moments of a phone are told with their seconds, in the time of the user", async () => {
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
            "picked up at 03/10/2025 11:00:10, ended at 03/10/2025 11:00:50",
        "Rang at 03/10/2025 11:00:00",
        "ended at 03/10/2025 11:00:10",
    ]);
});

test("what a telephone system sends is shown as text, never as page", async () => {
    const name = `<img class="evil" src="x"/>`;
    await openCallWithPhones([
        { extension: name, date_ring: "10:00:00", date_end: "10:00:20", outcome: "no_answer" },
    ]);
    expect(".o_call_timeline_who").toHaveText(name);
    expect(".evil").toHaveCount(0);
});

test("a call of which no phone is known has no timeline", async () => {
    await openCallWithPhones([]);
    expect(".o_field_widget[name=leg_ids]").toHaveCount(1);
    expect(queryFirst(".o_field_widget[name=leg_ids]").children).toHaveLength(0);
});

test("the timeline has a name for those who do not see it", async () => {
    await openCallWithPhones([
        { extension: "21", date_ring: "10:00:00", date_end: "10:00:20", outcome: "no_answer" },
    ]);
    expect("ul.o_call_timeline").toHaveAttribute("aria-label", "Phones of the call");
    expect(".o_call_timeline_bars").toHaveAttribute("aria-hidden", "true");
});

test("a phone of which no moment is known does not break the form", async () => {
    await openCallWithPhones([{ extension: "21" }]);
    expect(".o_call_timeline_who").toHaveText("21");
    expect(".o_call_timeline_ring").toHaveCount(0);
});

test("what was very short at the end of the call is seen too", async () => {
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
