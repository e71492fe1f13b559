import { Component } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

/** Answered and missed calls, one bar per day or hour; each part opens its calls. */
export class CallBars extends Component {
    static template = "call_handling.CallBars";
    static props = { bars: Array, onOpen: Function };

    get highest() {
        return Math.max(1, ...this.props.bars.map(({ answered, missed }) => answered + missed));
    }

    /** Few enough labels not to overlap: the first of each group. */
    get step() {
        return Math.ceil(this.props.bars.length / (this.env.isSmall ? 4 : 10));
    }

    describeAnswered({ label, answered }) {
        return _t("%(label)s: %(count)s answered", { label, count: answered });
    }

    describeMissed({ label, missed }) {
        return _t("%(label)s: %(count)s missed", { label, count: missed });
    }

    getHeight(count) {
        return `height: ${(100 * count) / this.highest}%`;
    }
}
