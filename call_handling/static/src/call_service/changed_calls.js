import { onWillDestroy, onWillStart } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { useService } from "@web/core/utils/hooks";

export const CHANNEL = "call_handling.calls";
export const MESSAGE = "call_handling.call/changed";
// Milliseconds. A burst of events causes one reload. After a message the server pauses for a
// shorter time (see models/call/card.py), so that the reload includes the whole burst.
export const PAUSE = 1000;

/**
 * Calls `onChanged` soon after calls have changed on the server.
 *
 * @param {() => void} onChanged
 */
export function useChangedCalls(onChanged) {
    const busService = useService("bus_service");
    let timer = null;
    const listener = () => {
        timer = timer || browser.setTimeout(notify, PAUSE);
    };
    const notify = () => {
        timer = null;
        onChanged();
    };
    onWillStart(() => {
        busService.addChannel(CHANNEL);
        busService.subscribe(MESSAGE, listener);
    });
    onWillDestroy(() => {
        browser.clearTimeout(timer);
        busService.unsubscribe(MESSAGE, listener);
        busService.deleteChannel(CHANNEL);
    });
}
