import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** The events of each hour of today as bars, beside what is usual at this weekday and hour. */
export class CallHoursField extends Component {
    static template = "call_handling.CallHoursField";
    static props = { ...standardFieldProps };

    get hours() {
        const { hours } = this.props.record.data[this.props.name] || { hours: [] };
        const highest = Math.max(1, ...hours.flatMap((hour) => [hour.count, hour.usual]));
        return hours.map((hour) => ({
            ...hour,
            countStyle: `height: ${(100 * hour.count) / highest}%;`,
            usualStyle: `height: ${(100 * hour.usual) / highest}%;`,
            title: this.getTitle(hour),
        }));
    }

    get today() {
        const { zone } = this.props.record.data[this.props.name] || {};
        return zone ? _t("today (%s)", zone) : _t("today");
    }

    get isUsualKnown() {
        return this.hours.some((hour) => hour.usual !== null);
    }

    get summary() {
        const current = this.hours.find((hour) => hour.is_now);
        if (!current) {
            return "";
        }
        return current.usual === null
            ? _t("This hour: %s events", current.count)
            : _t("This hour: %(count)s events; a whole hour usually has %(usual)s", current);
    }

    getTitle(hour) {
        const parts = [`${hour.label}:00`];
        if (hour.count !== null) {
            parts.push(_t("%s events", hour.count));
        }
        if (hour.usual !== null) {
            parts.push(_t("usual: %s", hour.usual));
        }
        return parts.join(" · ");
    }
}

registry.category("fields").add("call_hours", {
    component: CallHoursField,
    displayName: _t("Events Per Hour"),
    supportedTypes: ["json"],
});
