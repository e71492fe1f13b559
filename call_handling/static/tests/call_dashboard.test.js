import { expect, test } from "@odoo/hoot";
import { queryOne } from "@odoo/hoot-dom";
import { advanceTime, animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    getService,
    mockService,
    mountWithCleanup,
    onRpc,
} from "@web/../tests/web_test_helpers";
import { WebClient } from "@web/webclient/webclient";
import { CallDashboard } from "@call_handling/call_dashboard/call_dashboard";
import { defineCallModels } from "./call_handling_test_helpers";

defineCallModels();

const DAY = [["date", "=", "2026-11-27"]];

/** Returns the figures of a dashboard as the server does. */
function getData(values = {}) {
    const figures = {
        offered: 10,
        answered: 8,
        answer_rate: 0.8,
        answered_in_time: 6,
        service_base: 9,
        service_level: 0.6667,
        service_goal: 0.8,
        speed_of_answer: 12.5,
    };
    return {
        as_of: "27/11/2026, 09:31",
        domain: DAY,
        scopes: [
            ["all", "All calls"],
            ["own", "My calls"],
        ],
        tiles: {
            now: figures,
            before: { ...figures, offered: 7, answer_rate: false },
            longest_wait: 75,
            today: DAY,
            help: { answer_rate: "Answered ÷ offered." },
        },
        callbacks: { open: 3, late: 1, open_domain: [["state", "=", "open"]], late_domain: [] },
        due: {
            figures: { due: 5, on_time: 4, late: 0, overdue: 1, dropped: 0, on_time_rate: 0.8 },
            labels: [
                ["on_time", "On Time"],
                ["overdue", "Still Open"],
            ],
            domain: DAY,
        },
        bars: [
            { label: "Thu 26 Nov", answered: 0, missed: 0, domain: [["date", "=", "2026-11-26"]] },
            { label: "Fri 27 Nov", answered: 8, missed: 2, domain: DAY },
        ],
        heat: {
            days: [
                ["1", "Monday"],
                ["2", "Tuesday"],
            ],
            cells: [{ weekday: "2", hour: "07", offered: 4, missed: 2 }],
        },
        reasons: [{ reason: "closed", label: "Outside working hours", count: 2 }],
        lines: [{ name: "Hotline", domain: [["line_id", "=", 5]], ...figures, missed: 2 }],
        people: {
            domain: DAY,
            rows: [
                {
                    name: "Anna",
                    domain: [["employee_id", "=", 7]],
                    rang: 9,
                    taken: 8,
                    elsewhere: 0,
                    declined: 0,
                    missed: 1,
                    made: 2,
                    talk_seconds: 3785,
                    average_talk: 473.1,
                },
            ],
        },
        ...values,
    };
}

/**
 * Opens the dashboard, and adds a step for each of its requests.
 *
 * @param {object} [values] of the server's answer
 */
async function openDashboard(values) {
    onRpc("call.report", "get_dashboard", ({ args }) => {
        expect.step(args.join(" "));
        return getData(values);
    });
    await mountWithCleanup(WebClient);
    await getService("action").doAction({ type: "ir.actions.client", tag: "call_dashboard" });
    await animationFrame();
    expect.verifySteps(["week all"]);
}

/** Adds a step for each list that is opened: its model and domain. */
function stepLists() {
    mockService("action", {
        doAction: ({ res_model, domain }) => expect.step([res_model, domain]),
    });
}

/** Mounts the dashboard alone, so that what it opens can be looked at. */
async function mountDashboard() {

    onRpc("call.report", "get_dashboard", () => getData());
    stepLists();
    await mountWithCleanup(CallDashboard, { props: { action: {}, actionId: 1 } });
}

test("figures are shown with what they were before", async () => {
    await openDashboard();
    const tile = (name) => `.o_call_tile[data-name=${name}]`;
    expect(".o_call_tile").toHaveCount(6);
    expect(`${tile("offered")} .o_call_tile_value`).toHaveText("10");
    expect(`${tile("offered")} .o_call_tile_before`).toHaveText("before: 7");
    expect(`${tile("answer_rate")} .o_call_tile_value`).toHaveText("80%");
    expect(`${tile("answer_rate")} .o_call_tile_before`).toHaveText("before: –");
    expect(tile("answer_rate")).toHaveAttribute("title", "Answered ÷ offered.");
    expect(`${tile("speed_of_answer")} .o_call_tile_value`).toHaveText("0:13");
    expect(`${tile("longest_wait")} .o_call_tile_value`).toHaveText("1:15");
    expect(".o_call_as_of").toHaveText("As of: 27/11/2026, 09:31");
});

test("a service level below its goal is marked", async () => {
    await openDashboard();
    expect(".o_call_tile[data-name=service_level]").toHaveAttribute("data-tone", "bad");
    expect(".o_call_tile[data-name=service_level]").toHaveText(/6 of 9, goal 80%/);
});

test("another period and other calls are loaded", async () => {
    await openDashboard();
    await contains("button[data-period=today]").click();
    expect.verifySteps(["today all"]);
    expect("button[data-period=today]").toHaveAttribute("aria-pressed", "true");
    await contains("select").select("own");
    expect.verifySteps(["today own"]);
});

test("who sees own calls only has nothing to choose", async () => {
    await openDashboard({ scopes: [["own", "My calls"]] });
    expect(".o_call_dashboard select").toHaveCount(0);
    expect(".o_call_dashboard_head").toHaveText(/My calls/);
});

test("it refreshes itself, and on request", async () => {
    await openDashboard();
    await advanceTime(5 * 60 * 1000);
    expect.verifySteps(["week all"]);
    await contains("button[title=Refresh]").click();
    expect.verifySteps(["week all"]);
});

test("every figure opens what it counts", async () => {
    await mountDashboard();
    const opened = (domain) => [["call.call", [["report_ids", "any", domain]]]];
    await contains(".o_call_tile[data-name=answer_rate] button").click();
    expect.verifySteps(opened([...DAY, ["answered", "=", 1]]));
    await contains(".o_call_tile[data-name=longest_wait] button").click();
    expect.verifySteps(opened([...DAY, ["longest_wait", "=", 75]]));
    await contains(".o_call_tile[data-name=callbacks] button").click();
    expect.verifySteps([["call.callback", [["state", "=", "open"]]]]);
    await contains(".o_call_due[data-name=overdue]").click();
    expect.verifySteps([["call.callback.report", [...DAY, ["overdue", "=", 1]]]]);
    await contains(".o_call_bar button[data-color=missed]").click();
    expect.verifySteps(opened([...DAY, ...DAY, ["missed", "=", 1]]));
    await contains(".o_call_heat td button").click();
    expect.verifySteps(
        opened([...DAY, ["weekday", "=", "2"], ["hour", "=", "07"], ["missed", "=", 1]])
    );
    await contains(".o_call_reasons button").click();
    expect.verifySteps(opened([...DAY, ["missed_reason", "=", "closed"]]));
    await contains(".o_call_table td[data-name=offered] button").click();
    expect.verifySteps(opened([...DAY, ["line_id", "=", 5], ["offered", "=", 1]]));
    await contains(".o_call_table td[data-name=taken] button").click();
    expect.verifySteps([
        ["call.part.report", [...DAY, ["employee_id", "=", 7], ["taken", "=", 1]]],
    ]);
});

test("where nobody is to be named, there is no table of people", async () => {
    await openDashboard({ people: { domain: [], rows: [] } });
    expect(".o_call_dashboard h2:contains(People)").toHaveCount(0);
    expect(".o_call_dashboard h2:contains(Own Numbers)").toHaveCount(1);
});

test("an hour outside the usual ones is shown if there were calls", async () => {
    await openDashboard();
    expect(".o_call_heat thead th:eq(1)").toHaveText("07");
    expect(".o_call_heat tbody tr:eq(1) td:eq(0)").toHaveText("2");
    expect(".o_call_heat tbody tr:eq(1) td:eq(0) button").toHaveAttribute(
        "title",
        "Tuesday, 07:00: 2 of 4 calls missed"
    );
});

test("the whole dashboard is printed on one page", async () => {
    await openDashboard();
    window.dispatchEvent(new Event("beforeprint"));
    const dashboard = queryOne(".o_call_dashboard");
    expect(dashboard).not.toHaveClass("o_call_printing");
    const zoom = Number(dashboard.style.getPropertyValue("--call-print-zoom"));
    expect(zoom).toBeGreaterThan(0.2);
    expect(zoom).toBeLessThan(1);
});
