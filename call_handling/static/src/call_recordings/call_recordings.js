import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { useConversation } from "../call_conversation/call_conversation_service";
import { CallDebrief } from "../call_debrief/call_debrief";
import { CallKeep } from "../call_keep/call_keep";
import { askPrimary } from "../call_primary/call_primary";

/**
 * The recordings of a call, each with a player and its transcript, for those who may listen. What
 * arrives while they are shown is added by itself.
 */
export class CallRecordings extends Component {
    static template = "call_handling.CallRecordings";
    static components = { CallDebrief, CallKeep };
    static props = {
        callId: Number,
        state: String,
        beforeCopy: { type: Function, optional: true },
        afterCopy: { type: Function, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.data = useState({ recordings: [] });
        useConversation(
            () => this.props.callId,
            () => this.load(this.props, askPrimary(this.orm.silent))
        );
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => {
            const { callId, state } = this.props;
            if (next.callId !== callId || next.state !== state) {
                return this.load(next);
            }
        });
    }

    async load({ callId }, orm = this.orm) {
        this.data.recordings = await orm.call("call.call", "get_recordings", [[callId]]);
    }

    get isHidden() {
        return this.props.state === "here" && !this.data.recordings.length;
    }
}
