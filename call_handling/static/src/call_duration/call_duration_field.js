import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useInputField } from "@web/views/fields/input_field_hook";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Formats seconds as the duration of a call: `3:05`, `1:03:05`.
 *
 * @param {number|false} seconds
 * @returns {string}
 */
export function formatCallDuration(seconds) {
    if (seconds === false || seconds === undefined || seconds === null) {
        return "";
    }
    const whole = Math.round(Math.abs(seconds));
    const sign = whole && seconds < 0 ? "-" : "";
    const hours = Math.floor(whole / 3600);
    const minutes = Math.floor((whole % 3600) / 60);
    const parts = hours ? [hours, String(minutes).padStart(2, "0")] : [minutes];
    parts.push(String(whole % 60).padStart(2, "0"));
    return sign + parts.join(":");
}

/**
 * Parses a duration: `3:05`, `1:03:05`, or minutes if there is no colon.
 *
 * @param {string} text
 * @returns {number} seconds, 0 for an empty text
 * @throws {Error} if the text is not a duration
 */
export function parseCallDuration(text) {
    const parts = text.trim().split(":");
    if (parts.length === 1 && !parts[0]) {
        return 0;
    }
    const isWellFormed = parts.length <= 3 && parts.every((part) => /^\d+$/.test(part));
    if (!isWellFormed || parts.slice(1).some((part) => Number(part) >= 60)) {
        throw new Error(`${text} is not a length of time`);
    }
    if (parts.length === 1) {
        return Number(parts[0]) * 60;
    }
    return parts.reduce((total, part) => total * 60 + Number(part), 0);
}

export class CallDurationField extends Component {
    static template = "call_handling.CallDurationField";
    static props = { ...standardFieldProps };

    setup() {
        useInputField({
            getValue: () => this.formattedValue,
            parse: (text) => parseCallDuration(text),
        });
    }

    get formattedValue() {
        return formatCallDuration(this.props.record.data[this.props.name]);
    }
}

export const callDurationField = {
    component: CallDurationField,
    displayName: _t("Call Duration"),
    supportedTypes: ["integer"],
    isEmpty: () => false,
};

registry.category("formatters").add("call_duration", formatCallDuration);
registry.category("fields").add("call_duration", callDurationField);
