import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { CallDebrief } from "../call_debrief/call_debrief";

/** The recordings of a call, each with a player and its transcript, for those who may listen. */
export class CallRecordings extends Component {
    static template = "call_handling.CallRecordings";
    static components = { CallDebrief };
    static props = {
        callId: Number,
        state: String,
        beforeCopy: { type: Function, optional: true },
        afterCopy: { type: Function, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.data = useState({ recordings: [] });
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => {
            const { callId, state } = this.props;
            if (next.callId !== callId || next.state !== state) {
                return this.load(next);
            }
        });
    }

    async load({ callId }) {
        this.data.recordings = await this.orm.call("call.call", "get_recordings", [[callId]]);
    }

    get isHidden() {
        return this.props.state === "here" && !this.data.recordings.length;
    }
}
