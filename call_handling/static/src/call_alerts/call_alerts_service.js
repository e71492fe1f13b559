import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Ringer } from "./ringer";

/**
 * Lets the user know of a ringing call who does not look at Odoo: by a notification of the
 * browser if it is allowed, by a sound if it was chosen. One tab of several does it.
 */
export class CallAlerts {
    constructor(services) {
        Object.assign(this, { ...services, ringer: new Ringer(), shown: new Map() });
        this.calls = services["call_handling.calls"];
    }

    get canAsk() {
        return browser.Notification?.permission === "default";
    }

    ask() {
        return browser.Notification.requestPermission();
    }

    /** @param {object[]} ringing cards of all calls that ring now */
    async follow(ringing) {
        const incoming = ringing.filter((card) => card.direction !== "outgoing");
        const ids = new Set(incoming.map((card) => card.id));
        const over = [...this.shown.keys()].filter((callId) => !ids.has(callId));
        over.forEach((callId) => this.hide(callId));
        const speaksForAll = incoming.length && (await this.multi_tab.isOnMainTab());
        this.ringer.ring(Boolean(speaksForAll && this.calls.preferences.call_sound));
        if (speaksForAll && !this.presence.isOdooFocused()) {
            incoming.filter(({ id }) => !this.shown.has(id)).forEach((card) => this.show(card));
        }
    }

    show(card) {
        if (browser.Notification?.permission !== "granted") {
            return;
        }
        const body = [card.company, card.number, card.line].filter(Boolean).join("\n");
        const title = _t("Call from %s", card.name);
        const shown = new browser.Notification(title, { body, tag: `call_handling.${card.id}` });
        shown.addEventListener("click", () => browser.focus?.());
        this.shown.set(card.id, shown);
    }

    hide(callId) {
        this.shown.get(callId).close();
        this.shown.delete(callId);
    }
}

export const callAlertsService = {
    dependencies: ["call_handling.calls", "multi_tab", "presence"],
    start: (env, services) => new CallAlerts(services),
};

registry.category("services").add("call_handling.alerts", callAlertsService);
