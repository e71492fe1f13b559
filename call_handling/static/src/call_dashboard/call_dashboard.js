import {
    Component,
    onWillDestroy,
    onWillStart,
    useExternalListener,
    useRef,
    useState,
} from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { useSetupAction } from "@web/search/action_hook";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { CallBars } from "../call_bars/call_bars";
import { formatCallShare, formatCallTime } from "../call_formats/call_formats";
import { CallHeat } from "../call_heat/call_heat";
import { CallReasons } from "../call_reasons/call_reasons";
import { CallTable } from "../call_table/call_table";
import { CallTile } from "../call_tile/call_tile";

const REFRESH = 5 * 60 * 1000; // milliseconds
const PAGE = { width: 718, height: 1040 }; // A4 without its margins, in CSS pixels
const OFFERED = [["offered", "=", 1]];
const ANSWERED = [["answered", "=", 1]];
const MISSED = [["missed", "=", 1]];
const IN_TIME = [["answered_in_time", "=", 1]];

/** What a lead wants to know in the morning. Every figure opens what it counts. */
export class CallDashboard extends Component {
    static template = "call_handling.CallDashboard";
    static components = { CallBars, CallHeat, CallReasons, CallTable, CallTile };
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.root = useRef("root");
        this.keepLast = new KeepLast();
        useExternalListener(window, "beforeprint", () => this.fitPage());
        const { period = "week", scope = "" } = this.props.state || {};
        this.state = useState({ period, scope, data: null });
        useSetupAction({
            getLocalState: () => ({ period: this.state.period, scope: this.state.scope }),
        });
        onWillStart(() => this.load());
        const timer = browser.setInterval(() => this.load(), REFRESH);
        onWillDestroy(() => browser.clearInterval(timer));
    }

    get periods() {
        return [
            ["today", _t("Today")],
            ["week", _t("7 days")],
            ["month", _t("30 days")],
            ["quarter", _t("90 days")],
        ];
    }

    async load() {
        const scope = this.state.scope || "all";
        const read = this.orm.silent.call("call.report", "get_dashboard", [
            this.state.period,
            scope,
        ]);
        const data = await this.keepLast.add(read);
        // Who sees own calls only has no other choice.
        const isOffered = data.scopes.some(([value]) => value === scope);
        this.state.scope = isOffered ? scope : data.scopes[0][0];
        this.state.data = data;
    }

    async choose(values) {
        Object.assign(this.state, values);
        await this.load();
    }

    print() {
        browser.print();
    }

    /** Makes the whole dashboard fit on one page, however long it is. */
    fitPage() {
        const { el } = this.root;
        el.classList.add("o_call_printing");
        const zoom = Math.min(PAGE.width / el.scrollWidth, PAGE.height / el.scrollHeight);
        el.classList.remove("o_call_printing");
        el.style.setProperty("--call-print-zoom", zoom.toFixed(3));
    }

    // --- figures ----------------------------------------------------------------------

    get tiles() {
        const { tiles } = this.state.data;
        const { now, before, help } = tiles;
        const tile = (name, label, format, domain, detail) => ({
            name,
            label,
            help: help[name],
            value: format(now[name]),
            before: format(before[name]),
            detail,
            onOpen: () => this.openCalls(label, domain),
        });
        const whole = (value) => `${value || 0}`;
        const { service_level: level, service_goal: goal } = now;
        return [
            tile("offered", _t("Calls"), whole, OFFERED),
            tile(
                "answer_rate",
                _t("Answered"),
                formatCallShare,
                ANSWERED,
                _t("%(part)s of %(whole)s", { part: now.answered, whole: now.offered })
            ),
            {
                ...tile(
                    "service_level",
                    _t("Service Level"),
                    formatCallShare,
                    IN_TIME,
                    _t("%(part)s of %(whole)s, goal %(goal)s", {
                        part: now.answered_in_time,
                        whole: now.service_base,
                        goal: formatCallShare(goal),
                    })
                ),
                tone: now.service_base ? (level >= goal ? "good" : "bad") : false,
            },
            tile("speed_of_answer", _t("Speed of Answer"), formatCallTime, ANSWERED),
            {
                name: "longest_wait",
                label: _t("Longest Wait Today"),
                help: help.longest_wait,
                value: formatCallTime(tiles.longest_wait),
                onOpen: () => this.openLongestWait(),
            },
        ];
    }

    get callbacks() {
        const { open, late } = this.state.data.callbacks;
        return { open: `${open}`, late, tone: late ? "bad" : "good" };
    }

    get onTimeRate() {
        return formatCallShare(this.state.data.due.figures.on_time_rate);
    }

    get lineColumns() {
        const { help } = this.state.data.tiles;
        const whole = (value) => `${value || 0}`;
        return [
            { name: "offered", label: _t("Calls"), format: whole, domain: OFFERED },
            { name: "answered", label: _t("Answered"), format: whole, domain: ANSWERED },
            { name: "missed", label: _t("Missed"), format: whole, domain: MISSED },
            { name: "answer_rate", label: _t("Answer Rate"), format: formatCallShare },
            { name: "service_level", label: _t("Service Level"), format: formatCallShare },
            { name: "service_goal", label: _t("Goal"), format: formatCallShare },
            { name: "speed_of_answer", label: _t("Speed of Answer"), format: formatCallTime },
        ].map((column) => ({ help: help[column.name], ...column }));
    }

    get peopleColumns() {
        const whole = (value) => `${value || 0}`;
        const counted = (name, label) => ({
            name,
            label,
            format: whole,
            domain: [[name, "=", 1]],
        });
        return [
            counted("rang", _t("Rang")),
            counted("taken", _t("Taken")),
            counted("elsewhere", _t("By a Colleague")),
            counted("declined", _t("Declined")),
            counted("missed", _t("Not Taken")),
            counted("made", _t("Made")),
            { name: "talk_seconds", label: _t("Talk Time"), format: formatCallTime },
            { name: "average_talk", label: _t("Average"), format: formatCallTime },
        ];
    }

    // --- what is opened ---------------------------------------------------------------

    openList(name, resModel, domain) {
        return this.action.doAction({
            type: "ir.actions.act_window",
            name,
            res_model: resModel,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
        });
    }

    /** Opens the calls of the period to which a domain of the report applies. */
    openCalls(name, domain, base = this.state.data.domain) {
        return this.openList(name, "call.call", [["report_ids", "any", [...base, ...domain]]]);
    }

    openBar(bar, figure) {
        const names = { answered: _t("Answered"), missed: _t("Missed") };
        const domain = figure === "missed" ? MISSED : ANSWERED;
        return this.openCalls(`${names[figure]}, ${bar.label}`, [...bar.domain, ...domain]);
    }

    openHeat({ weekday, hour }) {
        const cell = [
            ["weekday", "=", weekday],
            ["hour", "=", hour],
        ];
        return this.openCalls(_t("Missed"), [...cell, ...MISSED]);
    }

    openReason({ reason, label }) {
        return this.openCalls(label, [["missed_reason", "=", reason]]);
    }

    openLongestWait() {
        const { longest_wait: wait, today } = this.state.data.tiles;
        return this.openCalls(_t("Longest Wait Today"), [["longest_wait", "=", wait || 0]], today);
    }

    openCallbacks(isLate) {
        const { open_domain: open, late_domain: late } = this.state.data.callbacks;
        const name = isLate ? _t("Late Callbacks") : _t("To Call Back");
        return this.openList(name, "call.callback", isLate ? late : open);
    }

    openDue([name, label]) {
        const domain = [...this.state.data.due.domain, [name, "=", 1]];
        return this.openList(label, "call.callback.report", domain);
    }

    openLine(row, column) {
        const name = `${row.name}: ${column.label}`;
        return this.openCalls(name, [...row.domain, ...column.domain]);
    }

    openPerson(row, column) {
        const domain = [...this.state.data.people.domain, ...row.domain, ...column.domain];
        return this.openList(`${row.name}: ${column.label}`, "call.part.report", domain);
    }
}

registry.category("actions").add("call_dashboard", CallDashboard);
