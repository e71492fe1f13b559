import { onWillDestroy, onWillStart } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { rpcBus } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Deferred } from "@web/core/utils/concurrency";
import { useBus, useService } from "@web/core/utils/hooks";
import { formView } from "@web/views/form/form_view";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";

export const CHANNEL = "call_handling.calls";
export const MESSAGE = "call_handling.call/changed";
// Milliseconds. A burst of events is one reload. After a message the server is silent for a shorter
// time (see models/call/card.py), so that nothing of the burst is missed.
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

/** Whether somebody is typing in a list or has selected some of its calls. */
function isBusy(root) {
    return Boolean(root.editedRecord || root.selection?.length);
}

/** Whether an action of the user is being carried out: as long as it is, a mutex has one promise
 * for everybody who waits for it. */
function isLocked(mutex) {
    return mutex.getUnlockedDef() === mutex.getUnlockedDef();
}

/** Reads calls again, but never takes away what somebody is typing or has selected. */
const LiveModel = (Model) =>
    class extends Model {
        async load() {
            this.reading?.resolve(); // what is being read is out of date
            return super.load(...arguments);
        }

        async reloadUnlessBusy() {
            const { keepLast, mutex, root } = this;
            const { loadId } = root.config;
            const mayReplace = () =>
                !isBusy(root) && !isLocked(mutex) && root.config.loadId === loadId;
            if (!mayReplace()) {
                return;
            }
            const loaded = this.load();
            const reading = (this.reading = new Deferred());
            const checkAnswer = () => {
                if (!mayReplace()) {
                    keepLast.add(reading); // the answer is dropped
                    reading.resolve();
                }
            };
            rpcBus.addEventListener("RPC:RESPONSE", checkAnswer);
            try {
                await Promise.race([loaded, reading]);
            } finally {
                rpcBus.removeEventListener("RPC:RESPONSE", checkAnswer);
            }
            if (this.root.hasData) {
                this.useSampleModel = false;
            }
        }
    };

/** A list or kanban of calls that shows new calls while it is open. */
const LiveController = (Controller) =>
    class extends Controller {
        setup() {
            super.setup(...arguments);
            useChangedCalls(() => this.model.reloadUnlessBusy());
        }
    };

/** The form of a call that follows the call while it lasts. */
class LiveFormController extends formView.Controller {
    setup() {
        super.setup(...arguments);
        // Asking the record whether it is dirty would commit what is half typed.
        this.fieldIsDirty = false;
        useBus(this.model.bus, "FIELD_IS_DIRTY", ({ detail }) => (this.fieldIsDirty = detail));
        useChangedCalls(() => this.reloadWhileItLasts());
    }

    /** Reads the call again, but never takes away what somebody is typing. */
    async reloadWhileItLasts() {
        const root = this.model.root;
        const lasts = root?.resId && root.data.state !== "ended";
        if (lasts && !root.dirty && !this.fieldIsDirty) {
            await root.load();
        }
    }
}

const liveView = (view) => ({
    ...view,
    Model: LiveModel(view.Model),
    Controller: LiveController(view.Controller),
});

registry.category("views").add("call_live_list", liveView(listView));
registry.category("views").add("call_live_kanban", liveView(kanbanView));
registry.category("views").add("call_live_form", {
    ...formView,
    Controller: LiveFormController,
});
