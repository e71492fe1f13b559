import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";

/**
 * Whether a recording is kept for ever with its transcript, and why. Who decides that changes it.
 */
export class CallKeep extends Component {
    static template = "call_handling.CallKeep";
    static props = {
        recording: Object,
        // is called when it was changed
        onChanged: Function,
    };

    setup() {
        this.orm = useService("orm");
        this.input = useRef("reason");
        this.state = useState({ isAsking: false, reason: "" });
        useEffect(
            () => this.input.el?.focus(),
            () => [this.state.isAsking]
        );
    }

    get isShown() {
        return this.props.recording.kept || this.props.recording.may_keep;
    }

    ask() {
        Object.assign(this.state, { isAsking: true, reason: "" });
    }

    cancel() {
        this.state.isAsking = false;
    }

    async keep() {
        const { id } = this.props.recording;
        await this.orm.call("call.recording", "action_keep", [[id], this.state.reason]);
        this.cancel();
        await this.props.onChanged();
    }

    async keepNoLonger() {
        const { id } = this.props.recording;
        await this.orm.call("call.recording", "action_keep_no_longer", [[id]]);
        await this.props.onChanged();
    }

    onKeydown(ev) {
        ev.stopPropagation(); // not those of the form or the player
        if (ev.key === "Escape") {
            this.cancel();
        } else if (ev.key === "Enter" && this.state.reason.trim()) {
            ev.preventDefault();
            return this.keep();
        }
    }
}
