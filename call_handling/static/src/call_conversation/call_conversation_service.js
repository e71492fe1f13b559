import { useEffect } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";

// See models/recording/listeners.py.
export const CHANNEL = "call_handling.conversation_";
export const MESSAGE = "call_handling.conversation/changed";

/**
 * Says when recordings, transcripts or proposals of a call arrive or fail. The server informs those
 * who may listen to the call. A call can be shown several times: its channel is left with the last
 * one.
 */
export class CallConversations {
    constructor({ bus_service: bus }) {
        this.bus = bus;
        this.watchers = new Map();
        bus.subscribe(MESSAGE, ({ call_id: callId }) =>
            this.watchers.get(callId)?.forEach((onChanged) => onChanged())
        );
    }

    /**
     * Calls `onChanged` whenever there is something new.
     *
     * @param {number} callId
     * @param {() => void} onChanged
     * @returns {() => void} ends it
     */
    watch(callId, onChanged) {
        if (!this.watchers.has(callId)) {
            this.watchers.set(callId, new Set());
            this.bus.addChannel(CHANNEL + callId);
        }
        const own = this.watchers.get(callId);
        own.add(onChanged);
        return () => {
            own.delete(onChanged);
            if (!own.size) {
                this.watchers.delete(callId);
                this.bus.deleteChannel(CHANNEL + callId);
            }
        };
    }
}

/**
 * Calls `onChanged` while the component is shown, whenever there is something new of a call.
 *
 * @param {() => number | false} getCallId
 * @param {() => void} onChanged
 */
export function useConversation(getCallId, onChanged) {
    const conversations = useService("call_handling.conversations");
    useEffect(
        (callId) => (callId ? conversations.watch(callId, onChanged) : undefined),
        () => [getCallId()]
    );
}

export const callConversationService = {
    dependencies: ["bus_service"],
    start: (env, services) => new CallConversations(services),
};

registry.category("services").add("call_handling.conversations", callConversationService);
