import { Component } from "@odoo/owl";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { formatCallDuration } from "../call_duration/call_duration_field";

const { DateTime } = luxon;
const MIN_WIDTH = 1; // percent, so that short bars are visible

/**
 * Timeline of a call: one line per phone, with bars for ringing and talking.
 */
export class CallTimelineField extends Component {
    static template = "call_handling.CallTimelineField";
    static props = { ...standardFieldProps };

    get legs() {
        return this.props.record.data[this.props.name].records.map((record) => record.data);
    }

    /** Period that the lines cover; that of a running call ends now. */
    get span() {
        const dates = this.legs.flatMap((leg) =>
            [leg.date_ring, leg.date_answer, leg.date_end].filter(Boolean)
        );
        const start = dates.length ? DateTime.min(...dates) : DateTime.now();
        const isRunning = this.legs.some((leg) => !leg.date_end);
        const end = DateTime.max(start, ...dates, ...(isRunning ? [DateTime.now()] : []));
        return { start, end, seconds: Math.max(1, end.diff(start, "seconds").seconds) };
    }

    get lines() {
        const span = this.span;
        const outcomes = Object.fromEntries(
            this.props.record.data[this.props.name].fields.outcome.selection
        );
        return this.legs.map((leg, index) => {
            const end = leg.date_end || span.end;
            const owner = leg.employee_id || leg.user_id;
            return {
                key: index,
                who: owner ? owner.display_name : leg.extension || leg.number,
                extension: owner ? leg.extension : "",
                outcome: leg.outcome ? outcomes[leg.outcome] : this.getState(leg),
                outcomeClass: `o_call_timeline_${leg.outcome || "running"}`,
                length: leg.date_answer ? formatCallDuration(this.getTalkSeconds(leg, end)) : "",
                ring: this.getBar(span, leg.date_ring, leg.date_answer || end),
                talk: leg.date_answer && this.getBar(span, leg.date_answer, end),
                title: this.getTitle(leg),
            };
        });
    }

    getState(leg) {
        return leg.date_answer ? _t("Talking") : _t("Ringing");
    }

    /** The server computes it from fractions of a second, which the dates here lack. */
    getTalkSeconds(leg, end) {
        return leg.date_end ? leg.talk_seconds : end.diff(leg.date_answer, "seconds").seconds;
    }

    getBar(span, from, to) {
        if (!from) {
            return false;
        }
        const left = (from.diff(span.start, "seconds").seconds / span.seconds) * 100;
        const width = (to.diff(from, "seconds").seconds / span.seconds) * 100;
        const start = Math.min(left, 100 - MIN_WIDTH);
        return `inset-inline-start: ${start}%; width: ${Math.max(width, MIN_WIDTH)}%;`;
    }

    getTitle(leg) {
        const parts = [];
        if (leg.date_ring) {
            parts.push(_t("Rang at %s", formatDateTime(leg.date_ring)));
        }
        if (leg.date_answer) {
            parts.push(_t("answered at %s", formatDateTime(leg.date_answer)));
        }
        if (leg.date_end) {
            parts.push(_t("ended at %s", formatDateTime(leg.date_end)));
        }
        return parts.join(", ");
    }
}

registry.category("fields").add("call_timeline", {
    component: CallTimelineField,
    displayName: _t("Timeline of a Call"),
    supportedTypes: ["one2many"],
    relatedFields: [
        { name: "extension", type: "char" },
        { name: "number", type: "char" },
        { name: "user_id", type: "many2one", relation: "res.users" },
        { name: "employee_id", type: "many2one", relation: "hr.employee" },
        { name: "date_ring", type: "datetime" },
        { name: "date_answer", type: "datetime" },
        { name: "date_end", type: "datetime" },
        { name: "talk_seconds", type: "integer" },
        { name: "outcome", type: "selection" },
    ],
});
