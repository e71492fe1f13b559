import { onWillDestroy, onWillStart } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { formView } from "@web/views/form/form_view";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";

export const CHANNEL = "call_handling.calls";
export const MESSAGE = "call_handling.call/changed";
// Milliseconds. A burst of events is one reload; the server is silent for a shorter time
// after a message (see call_intake.py), so that nothing of the burst is missed.
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
        timer = timer || browser.setTimeout(tell, PAUSE);
    };
    const tell = () => {
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

function isBusy(root) {
    return root.editedRecord || (root.selection || []).length;
}

/** A list or kanban of calls that shows new ones while one looks on. */
const LiveMultiRecordController = (Controller) =>
    class extends Controller {
        setup() {
            super.setup(...arguments);
            useChangedCalls(() => this.reloadUnlessBusy());
        }

        /** Nobody's typing and nobody's selection is taken away, also not one that begins
         * while the calls are being read. */
        async reloadUnlessBusy() {
            const root = this.model.root;
            if (isBusy(root)) {
                return;
            }
            const data = await this.model.mutex.exec(() => this.model._loadData(root.config));
            if (root !== this.model.root || isBusy(root)) {
                return;
            }
            root._setData(data);
            if (root.hasData) {
                this.model.useSampleModel = false;
            }
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

    /** Nobody's typing is taken away. */
    async reloadWhileItLasts() {
        const root = this.model.root;
        const lasts = root?.resId && root.data.state !== "ended";
        if (lasts && !root.dirty && !this.fieldIsDirty) {
            await root.load();
        }
    }
}

registry.category("views").add("call_live_list", {
    ...listView,
    Controller: LiveMultiRecordController(listView.Controller),
});
registry.category("views").add("call_live_kanban", {
    ...kanbanView,
    Controller: LiveMultiRecordController(kanbanView.Controller),
});
registry.category("views").add("call_live_form", {
    ...formView,
    Controller: LiveFormController,
});
