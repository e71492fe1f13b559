import { useChangedCalls, useChanges } from "../live_views/live_views";

export const CHANNEL = "call_handling.phones";
export const MESSAGE = "call_handling.phone/changed";
// Milliseconds. The server pauses for a second after a message (models/pbx/phone_states.py).
export const PAUSE = 1500;

/**
 * Calls `onChanged` soon after a phone does something else: by itself, or because of a call.
 *
 * @param {() => void} onChanged
 */
export function useChangedPhones(onChanged) {
    useChanges(CHANNEL, MESSAGE, PAUSE, onChanged);
    useChangedCalls(onChanged);
}
