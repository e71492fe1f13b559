import { Component } from "@odoo/owl";

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

    getHeight(count) {
        return `height: ${(100 * count) / this.highest}%`;
    }
}
