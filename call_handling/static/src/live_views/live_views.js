import { onWillDestroy, onWillStart } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { RPCError, rpcBus } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { Deferred } from "@web/core/utils/concurrency";
import { useBus, useService } from "@web/core/utils/hooks";
import { FetchRecordError } from "@web/model/relational_model/errors";
import { formView } from "@web/views/form/form_view";
import { kanbanView } from "@web/views/kanban/kanban_view";
import { listView } from "@web/views/list/list_view";
import { useConversation } from "../call_conversation/call_conversation_service";
import { CallOnboarding } from "../call_onboarding/call_onboarding";
import { askPrimary } from "../call_primary/call_primary";
import { PRIVATE_EVENT } from "../call_service/call_service";

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
    useChanges(CHANNEL, MESSAGE, PAUSE, onChanged);
}

/**
 * Calls `onChanged` soon after the server has sent a message, once for a burst of them.
 *
 * @param {string} channel
 * @param {string} message
 * @param {number} pause milliseconds, longer than the server pauses after a message
 * @param {() => void} onChanged
 */
export function useChanges(channel, message, pause, onChanged) {
    const busService = useService("bus_service");
    let timer = null;
    const listener = () => {
        timer = timer || browser.setTimeout(notify, pause);
    };
    const notify = () => {
        timer = null;
        onChanged();
    };
    onWillStart(() => {
        busService.addChannel(channel);
        busService.subscribe(message, listener);
    });
    onWillDestroy(() => {
        browser.clearTimeout(timer);
        busService.unsubscribe(message, listener);
        busService.deleteChannel(channel);
    });
}

/** Whether the user is editing a row or has selected records. */
function isBusy(root) {
    return Boolean(root.editedRecord || root.selection?.length);
}

/**
 * Whether an action of the user is in progress: while a mutex is locked, it returns the same
 * promise to all callers.
 */
function isLocked(mutex) {
    return mutex.getUnlockedDef() === mutex.getUnlockedDef();
}

/**
 * Reads from the primary database once a message has caused a reload: what has been announced must
 * be shown, and does not become older again when one sorts it or turns the page.
 */
const AnnouncedModel = (Model) =>
    class extends Model {
        setup() {
            super.setup(...arguments);
            this.isAfterMessage = false;
            this.orm = askPrimary(this.orm, () => this.isAfterMessage);
        }
    };

/** Reloads calls without losing what the user is typing or has selected. */
const LiveModel = (Model) =>
    class extends AnnouncedModel(Model) {
        /** A search is answered by any database, also after a message. */
        async load(params, { isAfterMessage = false } = {}) {
            this.reading?.resolve(); // the reload in progress is outdated
            this.isAfterMessage = isAfterMessage;
            return super.load(params);
        }

        async reloadUnlessBusy() {
            const { keepLast, mutex, root } = this;
            const { loadId } = root.config;
            const canReplace = () =>
                !isBusy(root) && !isLocked(mutex) && root.config.loadId === loadId;
            if (!canReplace()) {
                return;
            }
            const loaded = this.load({}, { isAfterMessage: true });
            const reading = (this.reading = new Deferred());
            const checkResponse = () => {
                if (!canReplace()) {
                    keepLast.add(reading); // drops the response
                    reading.resolve();
                }
            };
            rpcBus.addEventListener("RPC:RESPONSE", checkResponse);
            try {
                await Promise.race([loaded, reading]);
            } finally {
                rpcBus.removeEventListener("RPC:RESPONSE", checkResponse);
            }
            if (this.root.hasData) {
                this.useSampleModel = false;
            }
        }
    };

/** A list or kanban of calls that updates automatically. */
const LiveController = (Controller) =>
    class extends Controller {
        setup() {
            super.setup(...arguments);
            useChangedCalls(() => this.model.reloadUnlessBusy());
        }
    };

function isGone(error) {
    const name = error instanceof RPCError && error.exceptionName;
    return error instanceof FetchRecordError || name === "odoo.exceptions.AccessError";
}

/** A form that updates automatically until the call has ended. */
class LiveFormController extends formView.Controller {
    setup() {
        super.setup(...arguments);
        // `isDirty()` of the record would commit a half-typed value.
        this.fieldIsDirty = false;
        useBus(this.model.bus, "FIELD_IS_DIRTY", ({ detail }) => (this.fieldIsDirty = detail));
        useChangedCalls(() => this.reloadUnlessEnded());
        useConversation(
            () => this.model.root?.resId,
            () => this.reloadUnlessTyping()
        );
        const { bus } = useService("call_handling.calls");
        useBus(bus, PRIVATE_EVENT, ({ detail }) => this.reloadPrivate(detail));
    }

    /** Reloads the call without losing what the user is typing. */
    async reloadUnlessEnded() {
        const root = this.model.root;
        if (root?.resId && root.data.state !== "ended") {
            await this.reloadUnlessTyping();
        }
    }

    /** Recordings and proposals show by themselves what is new; this is about the buttons. */
    async reloadUnlessTyping() {
        if (!this.model.root.dirty && !this.fieldIsDirty) {
            await this.reload();
        }
    }

    /** Shows what remains of the call. Changes that were not saved cannot be saved any more. */
    async reloadPrivate(callId) {
        const root = this.model.root;
        if (root?.resId === callId) {
            await root.discard();
            await this.reload();
        }
    }

    /** Reads the call again. If it is gone, the user returns to the view before. */
    async reload() {
        this.model.isAfterMessage = true;
        try {
            await this.model.root.load();
        } catch (error) {
            if (!isGone(error)) {
                throw error;
            }
            if (!this.isLeft) {
                this.isLeft = true;
                this.env.config.historyBack();
            }
        }
    }
}

const liveView = (view) => ({
    ...view,
    Model: LiveModel(view.Model),
    Controller: LiveController(view.Controller),
});

class LiveListController extends LiveController(listView.Controller) {
    static template = "call_handling.LiveListView";
    static components = { ...listView.Controller.components, CallOnboarding };

    /** Exports have the headings of the list, and no column for its buttons. */
    getExportableFields() {
        const columns = this.props.archInfo.columns;
        return super
            .getExportableFields()
            .map((field) => [field, columns.find((column) => column.name === field.name)])
            .filter(([, column]) => column.widget !== "call_dial")
            .map(([field, column]) => ({ ...field, label: column.label || field.string }));
    }
}

registry.category("views").add("call_live_list", {
    ...liveView(listView),
    Controller: LiveListController,
});
registry.category("views").add("call_live_kanban", liveView(kanbanView));
registry.category("views").add("call_live_form", {
    ...formView,
    Model: AnnouncedModel(formView.Model),
    Controller: LiveFormController,
});
