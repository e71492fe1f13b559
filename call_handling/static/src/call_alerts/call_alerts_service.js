import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { Ringer } from "./ringer";

/**
 * Alerts the user to ringing calls: with a sound if it is enabled, and with a browser notification
 * if it is allowed and Odoo is in the background. Of several tabs, only the main one does so.
 */
export class CallAlerts {
    constructor(services) {
        Object.assign(this, { ...services, ringer: new Ringer(), notifications: new Map() });
        this.calls = services["call_handling.calls"];
    }

    get canAsk() {
        return browser.Notification?.permission === "default";
    }

    ask() {
        return browser.Notification.requestPermission();
    }

    /** @param {object[]} ringing cards of all ringing calls */
    async follow(ringing) {
        const incoming = ringing.filter((card) => card.direction !== "outgoing");
        const ids = new Set(incoming.map((card) => card.id));
        const ended = [...this.notifications.keys()].filter((callId) => !ids.has(callId));
        ended.forEach((callId) => this.hide(callId));
        const mustAlert = incoming.length && (await this.multi_tab.isOnMainTab());
        this.ringer.ring(Boolean(mustAlert && this.calls.preferences.call_sound));
        if (mustAlert && !this.presence.isOdooFocused()) {
            incoming
                .filter(({ id }) => !this.notifications.has(id))
                .forEach((card) => this.show(card));
        }
    }

    show(card) {
        if (browser.Notification?.permission !== "granted") {
            return;
        }
        const body = [card.company, card.number, card.line].filter(Boolean).join("\n");
        const title = _t("Call from %s", card.name);
        const tag = `call_handling.${card.id}`;
        const notification = new browser.Notification(title, { body, tag });
        notification.addEventListener("click", () => browser.focus?.());
        this.notifications.set(card.id, notification);
    }

    hide(callId) {
        this.notifications.get(callId).close();
        this.notifications.delete(callId);
    }
}

export const callAlertsService = {
    dependencies: ["call_handling.calls", "multi_tab", "presence"],
    start: (env, services) => new CallAlerts(services),
};

registry.category("services").add("call_handling.alerts", callAlertsService);
