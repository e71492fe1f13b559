import { registry } from "@web/core/registry";
import { formatPercentage } from "@web/views/fields/formatters";
import { formatCallDuration } from "../call_duration/call_duration_field";

export const NOTHING = "–";

/** Whether there is no figure: nothing was counted. Zero is one. */
function isMissing(value) {
    return value === false || value === null || value === undefined;
}

/**
 * Formats a share, such as 0.805, in percent: `80.5%`.
 *
 * @param {number|false} value false if nothing was counted
 * @returns {string}
 */
export function formatCallShare(value) {
    return isMissing(value) ? NOTHING : formatPercentage(value, { digits: [16, 1] });
}

/**
 * Formats a share in whole percent, where there is little room: `80%`. It is rounded down, so that
 * what is just below a goal does not look as if it had been reached.
 *
 * @param {number|false} value false if nothing was counted
 * @returns {string}
 */
export function formatWholeShare(value) {
    // what is exactly a whole percent may be a little less as a binary fraction
    const whole = Math.floor(value * 100 + 1e-6) / 100;
    return isMissing(value) ? NOTHING : formatPercentage(whole, { digits: [16, 0] });
}

/**
 * Formats seconds as a figure of a report.
 *
 * @param {number|false} value false if nothing was counted
 * @returns {string}
 */
export function formatCallTime(value) {
    return isMissing(value) ? NOTHING : formatCallDuration(value);
}

registry.category("formatters").add("call_share", formatCallShare);
registry.category("formatters").add("call_time", formatCallTime);

// By the attribute `unit` of a field.
export const FORMATS = { seconds: "call_time", share: "call_share" };

/**
 * Returns the names of the formatters of all fields that have a unit, by name of the field.
 *
 * @param {object} fields as the server describes them
 * @returns {Object<string, string>}
 */
export function getUnitFormats(fields) {
    return Object.fromEntries(
        Object.entries(fields)
            .filter(([, { unit }]) => unit in FORMATS)
            .map(([name, { unit }]) => [name, FORMATS[unit]])
    );
}
