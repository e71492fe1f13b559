import { useState } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { askPrimary } from "../call_primary/call_primary";
import { useConversation } from "./call_conversation_service";

/**
 * The value of a field of a form that says how far a conversation is. It changes by itself: the rest
 * of the form, in which somebody may be typing, is not read again.
 *
 * @param {import("@odoo/owl").Component} component with the props of a field
 * @param {() => void} [onChanged] called after the value was read
 * @returns {{ value: string | false }}
 */
export function useConversationState(component, onChanged) {
    const orm = askPrimary(useService("orm").silent);
    const getOwn = () => {
        const { record, name } = component.props;
        return { id: record.resId, given: record.data[name] };
    };
    // what was read, and what the form has shown then: when that changes, the form is newer
    const live = useState({ id: false, given: false, read: false });
    useConversation(
        () => component.props.record.resId,
        async () => {
            const own = getOwn();
            const { name } = component.props;
            const [found] = await orm.read("call.call", [own.id], [name]);
            Object.assign(live, own, { read: found?.[name] || false });
            await onChanged?.();
        }
    );
    return {
        get value() {
            const { id, given } = getOwn();
            return id === live.id && given === live.given ? live.read : given;
        },
    };
}
