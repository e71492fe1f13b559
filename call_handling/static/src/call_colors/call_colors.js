/**
 * The colours of calls: the same in graphs, tiles and badges (see `call_colors.scss`), whatever is
 * among the data. Each is readable on a light and on a dark background.
 */
export const COLORS = {
    answered: "#2a9150",
    missed: "#dc4a4a",
    outgoing: "#3a82d0",
    warning: "#c77a14",
    other: "#a065d0",
    further: "#1f9490",
    neutral: "#7f8894",
};

// What the values of fields mean.
const MEANINGS = {
    call_type: {
        incoming: "answered",
        outgoing: "outgoing",
        unanswered: "missed",
        internal: "neutral",
    },
    direction: { incoming: "answered", outgoing: "outgoing", internal: "neutral" },
    outcome: {
        answered: "answered",
        no_answer: "missed",
        rejected: "other",
        busy: "warning",
        failed: "neutral",
        cancelled: "outgoing",
        voicemail: "further",
    },
    missed_reason: {
        closed: "neutral",
        short: "outgoing",
        left: "further",
        nobody: "other",
        gave_up: "warning",
        not_taken: "missed",
    },
    result: {
        taken: "answered",
        elsewhere: "outgoing",
        declined: "other",
        missed: "missed",
        busy: "neutral",
    },
    state: {
        open: "missed",
        done: "answered",
        dropped: "neutral",
        ringing: "warning",
        ongoing: "answered",
        ended: "neutral",
    },
};

/**
 * Returns the colour of a value, nothing if it has none.
 *
 * @param {string} fieldName
 * @param {string} value
 * @returns {string|undefined}
 */
export function getValueColor(fieldName, value) {
    return COLORS[MEANINGS[fieldName]?.[value]];
}

/**
 * Returns the colours of the labels of a selection field; nothing if it has no fixed colours.
 *
 * @param {object} field as the server describes it
 * @returns {Map<string, string>|undefined}
 */
export function getLabelColors(field) {
    if (field?.type === "selection" && field.name in MEANINGS) {
        const colors = field.selection.map(([value, label]) => [
            label,
            getValueColor(field.name, value),
        ]);
        return new Map(colors.filter(([, color]) => color));
    }
}
