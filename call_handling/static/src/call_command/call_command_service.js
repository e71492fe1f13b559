import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

export const COMMAND_MESSAGE = "call_handling.command/changed";

/**
 * Says why the relay beside a telephone system did not do what the user wanted, whatever was
 * clicked. The server informs all screens when it begins and ends; when no end is reported, it is
 * asked what became of it.
 */
export class CallCommands {
    constructor({ bus_service: bus, notification, orm }) {
        Object.assign(this, { notification, orm, timers: new Map() });
        if (session.call_handling) {
            bus.subscribe(COMMAND_MESSAGE, (message) => this.onMessage(message));
            bus.start();
        }
    }

    /**
     * @param {object} message
     * @param {number} message.id of the command
     * @param {string} message.state
     * @param {string} message.message why it failed
     * @param {number} message.seconds after which its end should be known
     */
    onMessage({ id, state, message, seconds }) {
        browser.clearTimeout(this.timers.get(id));
        this.timers.delete(id);
        if (state === "failed") {
            this.show(message);
        } else if (state !== "done") {
            const timer = browser.setTimeout(() => this.check(id), seconds * 1000);
            this.timers.set(id, timer);
        }
    }

    async check(id) {
        this.timers.delete(id);
        const result = await this.orm.silent.call("call.command", "get_result", [id]);
        if (result.state === "failed") {
            this.show(result.message);
        }
    }

    /** On the screen that the user sees, not on all that are open. */
    show(message) {
        if (!document.hidden) {
            this.notification.add(message, { type: "danger", sticky: true });
        }
    }
}

export const callCommandService = {
    dependencies: ["bus_service", "notification", "orm"],
    start: (env, services) => new CallCommands(services),
};

registry.category("services").add("call_handling.commands", callCommandService);
