import { Component } from "@odoo/owl";
import { getValueColor } from "../call_colors/call_colors";

/** Why calls were missed; each reason opens its calls. */
export class CallReasons extends Component {
    static template = "call_handling.CallReasons";
    static props = { reasons: Array, onOpen: Function };

    getBar({ reason, count }) {
        const most = Math.max(...this.props.reasons.map((each) => each.count));
        const color = getValueColor("missed_reason", reason);
        return `width: ${(100 * count) / most}%; background-color: ${color}`;
    }
}
