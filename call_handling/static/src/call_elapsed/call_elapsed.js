import { Component, onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { formatCallDuration } from "../call_duration/call_duration_field";

/** Talk time of a call; counts while the call is ongoing. */
export class CallElapsed extends Component {
    static template = "call_handling.CallElapsed";
    static props = { card: Object };

    setup() {
        this.card = useState(this.props.card);
        this.clock = useState({ now: Date.now() });
        const timer = browser.setInterval(() => (this.clock.now = Date.now()), 1000);
        onWillUnmount(() => browser.clearInterval(timer));
    }

    get value() {
        const { state, since, seconds } = this.card;
        const running = Math.round((this.clock.now - since) / 1000);
        return formatCallDuration(state === "ongoing" ? Math.max(seconds, running) : seconds);
    }
}
