import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import {
    contains,
    defineModels,
    fields,
    makeMockEnv,
    models,
    mountView,
    onRpc,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { download } from "@web/core/network/download";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { COLORS, getValueColor } from "@call_handling/call_colors/call_colors";
import {
    formatCallShare,
    formatCallTime,
    formatWholeShare,
} from "@call_handling/call_formats/call_formats";
import { defineCallModels } from "./call_handling_test_helpers";

class CallReport extends models.Model {
    _name = "call.report";

    call_type = fields.Selection({
        selection: [
            ["incoming", "Incoming"],
            ["unanswered", "Missed"],
        ],
    });
    hour = fields.Selection({
        selection: [
            ["08", "08:00"],
            ["09", "09:00"],
        ],
    });
    talk_seconds = fields.Integer({ string: "Talk Time", unit: "seconds" });
    answer_rate = fields.Float({ string: "Answer Rate", aggregator: "avg", unit: "share" });

    _records = [
        { id: 1, call_type: "unanswered", hour: "08", talk_seconds: 0, answer_rate: 0 },
        { id: 2, call_type: "incoming", hour: "09", talk_seconds: 3785, answer_rate: 0.5 },
    ];
}

defineCallModels();
defineModels({ CallReport });

test("shares are shown in percent, and a dash where nothing was counted", async () => {
    await makeMockEnv();
    expect(formatCallShare(0.805)).toBe("80.5%");
    expect(formatCallShare(1)).toBe("100%");
    expect(formatCallShare(0)).toBe("0%");
    for (const nothing of [false, null, undefined]) {
        expect(formatCallShare(nothing)).toBe("–");
        expect(formatCallTime(nothing)).toBe("–");
    }
    expect(formatCallTime(0)).toBe("0:00");
});

test("answered and missed have the same colours wherever they are shown", () => {
    expect(getValueColor("call_type", "incoming")).toBe(COLORS.answered);
    expect(getValueColor("outcome", "answered")).toBe(COLORS.answered);
    expect(getValueColor("call_type", "unanswered")).toBe(COLORS.missed);
    const style = getComputedStyle(document.documentElement);
    for (const name of ["answered", "missed", "outgoing", "warning", "neutral"]) {
        expect(style.getPropertyValue(`--call-${name}`).trim()).toBe(COLORS[name]);
    }
});

test("each colour is readable on a light and on a dark background", () => {
    const luminance = (color) => {
        const [r, g, b] = [1, 3, 5]
            .map((index) => parseInt(color.slice(index, index + 2), 16) / 255)
            .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const getContrast = (...colors) => {
        const [light, dark] = colors.map(luminance).sort((a, b) => b - a);
        return (light + 0.05) / (dark + 0.05);
    };
    for (const color of Object.values(COLORS)) {
        expect(getContrast(color, "#ffffff")).toBeGreaterThan(3);
        expect(getContrast(color, "#262a36")).toBeGreaterThan(3);
    }
});

test("a pivot table formats measures by their units, without being named in the view", async () => {
    await mountView({
        type: "pivot",
        resModel: "call.report",
        arch: `
            <pivot js_class="call_pivot">
                <field name="talk_seconds" type="measure"/>
                <field name="answer_rate" type="measure"/>
            </pivot>`,
    });
    expect(".o_pivot_cell_value:eq(0)").toHaveText("1:03:05");
    expect(".o_pivot_cell_value:eq(1)").toHaveText("50%");
});

test("a pivot table is downloaded with the units of its measures", async () => {
    let table;
    patchWithCleanup(download, {
        async _download({ data }) {
            table = JSON.parse(await data.data.text());
        },
    });
    await mountView({
        type: "pivot",
        resModel: "call.report",
        arch: `
            <pivot js_class="call_pivot">
                <field name="talk_seconds" type="measure"/>
                <field name="answer_rate" type="measure"/>
            </pivot>`,
    });
    await contains(".o_pivot_download").click();
    await animationFrame();
    expect(table.call_units).toEqual(["seconds", "share"]);
});

test("a share in whole percent is not rounded up to a goal that is not reached", async () => {
    await makeMockEnv();
    const shares = [0, 0.29, 0.57, 0.7999, 0.8, 1, false];
    expect(shares.map(formatWholeShare)).toEqual(["0%", "29%", "57%", "79%", "80%", "100%", "–"]);
});

for (const type of ["pivot", "graph"]) {
    /** Opens the view of calls, and returns what it has searched for. */
    const openCalls = async (options = {}) => {
        const domains = [];
        onRpc("call.call", ["formatted_read_group", "formatted_read_grouping_sets"], ({ kwargs }) => {
            domains.push(JSON.stringify(kwargs.domain));
        });
        await mountView({
            type,
            resModel: "call.call",
            arch: `<${type} js_class="call_${type}"/>`,
            searchViewArch: `
                <search>
                    <filter name="today" string="Today" domain="[('date_start', '>=', 'today')]"/>
                    <filter name="last_30_days" string="Last 30 Days"
                            domain="[('date_start', '>=', 'today -30d')]"/>
                </search>`,
            ...options,
        });
        return domains;
    };

    test(`a ${type} of calls begins with the last 30 days, which can be removed`, async () => {
        const domains = await openCalls();
        expect(".o_searchview_facet").toHaveText("Last 30 Days");
        expect(new Set(domains)).toEqual(new Set(['[["date_start",">=","today -30d"]]']));
        await contains(".o_facet_remove").click();
        expect(".o_searchview_facet").toHaveCount(0);
        expect(domains.at(-1)).toBe("[]");
    });

    test(`a ${type} of calls of a period keeps it`, async () => {
        const domains = await openCalls({ context: { search_default_today: 1 } });
        expect(".o_searchview_facet").toHaveText("Today");
        expect(new Set(domains)).toEqual(new Set(['[["date_start",">=","today"]]']));
    });
}

/** Opens a graph, and returns its chart. */
async function openGraph(content, attributes = "") {
    let renderer;
    patchWithCleanup(GraphRenderer.prototype, {
        setup() {
            super.setup();
            renderer = this;
        },
    });
    await mountView({
        type: "graph",
        resModel: "call.report",
        arch: `<graph js_class="call_graph" ${attributes}>${content}</graph>`,
    });
    return renderer.chart;
}

/** Returns the entries of the legend, without that of the line that shows sums. */
const getLegend = (chart) =>
    chart.options.plugins.legend.labels
        .generateLabels(chart)
        .filter(({ text }) => text !== "Sum")
        .map(({ text, fillStyle }) => [text, fillStyle]);

test("stacked bars have the colours of what they stand for", async () => {
    const chart = await openGraph(`<field name="hour"/><field name="call_type"/>`);
    expect(getLegend(chart)).toEqual([
        ["Missed", COLORS.missed],
        ["Incoming", COLORS.answered],
    ]);
});

test("without the first value the second one keeps its colour", async () => {
    CallReport._records = CallReport._records.slice(1);
    const chart = await openGraph(`<field name="hour"/><field name="call_type"/>`);
    expect(getLegend(chart)).toEqual([["Incoming", COLORS.answered]]);
});

test("bars of one group have the colours of their values", async () => {
    const chart = await openGraph(`<field name="call_type"/>`);
    const byLabel = chart.data.labels.map((label, index) => [
        label,
        chart.data.datasets[0].backgroundColor[index],
    ]);
    expect(Object.fromEntries(byLabel)).toEqual({
        Incoming: COLORS.answered,
        Missed: COLORS.missed,
    });
});

test("a pie has the colours of its values, also in its legend", async () => {
    const chart = await openGraph(`<field name="call_type"/>`, 'type="pie"');
    expect(Object.fromEntries(getLegend(chart))).toEqual({
        Incoming: COLORS.answered,
        Missed: COLORS.missed,
    });
});

test("lines have the colours of what they stand for", async () => {
    const chart = await openGraph(`<field name="hour"/><field name="call_type"/>`, 'type="line"');
    const colors = chart.data.datasets.map(({ label, borderColor }) => [label, borderColor]);
    expect(Object.fromEntries(colors)).toEqual({
        Incoming: COLORS.answered,
        Missed: COLORS.missed,
    });
});

test("durations are shown as such on the axis, without being named in the view", async () => {
    const chart = await openGraph(`<field name="hour"/><field name="talk_seconds" type="measure"/>`);
    expect(chart.options.scales.y.ticks.callback(3785)).toBe("1:03:05");
});

test("counts are whole numbers on the axis", async () => {
    const chart = await openGraph(`<field name="hour"/><field name="call_type"/>`);
    expect(chart.options.scales.y.ticks.callback(1)).toBe("1");
    expect(chart.options.scales.y.ticks.precision).toBe(0);
});
