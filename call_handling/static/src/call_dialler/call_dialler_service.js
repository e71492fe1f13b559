import { browser } from "@web/core/browser/browser";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { session } from "@web/session";

/**
 * Dials with the user's phone: it rings first, then the number is called. This also handles
 * clicks on telephone links anywhere in Odoo.
 */
export class CallDialler {
    constructor({ dialog, notification, orm, "call_handling.simulation": simulation }) {
        Object.assign(this, { dialog, notification, orm, simulation, isDialling: false });
        if (session.call_handling?.dials) {
            browser.addEventListener("click", (ev) => this.onClick(ev), true);
        }
    }

    onClick(ev) {
        const link = ev.target.closest?.("a[href^='tel:']");
        if (link && !ev.defaultPrevented) {
            ev.preventDefault();
            ev.stopPropagation();
            const { callNumber, callModel, callId } = link.dataset;
            const number = callNumber || decodeURIComponent(link.href.slice("tel:".length));
            this.dial(number, { resModel: callModel, resId: Number(callId) });
        }
    }

    /**
     * @param {string} number in any format
     * @param {object} [options]
     * @param {string} [options.resModel] model of the record that the call is dialled from
     * @param {number} [options.resId] id of that record
     * @param {boolean} [options.confirmed] call a number even if it is on a do-not-call list
     */
    async dial(number, { resModel, resId, confirmed = false } = {}) {
        if (this.isDialling) {
            return; // a double click must not start two calls
        }
        this.isDialling = true;
        try {
            const args = [number, resModel || false, resId || false, confirmed];
            const answer = await this.orm.call("call.dial", "prepare", args);
            await this[answer.state](answer, () =>
                this.dial(number, { resModel, resId, confirmed: true })
            );
        } finally {
            this.isDialling = false;
        }
    }

    /** Once the request is stored, asks the telephone system to dial. */
    async ready({ id }) {
        const answer = await this.orm.call("call.dial", "start", [[id]]);
        this[answer.state](answer);
    }

    dialling({ message, pbx_id: pbxId, script }) {
        this.notification.add(message, { type: "info" });
        if (script.length) {
            this.simulation.play(pbxId, script);
        }
    }

    ask({ message }, confirm) {
        this.dialog.add(ConfirmationDialog, {
            title: _t("Do Not Call"),
            body: message,
            confirmLabel: _t("Dial"),
            confirm,
            cancel: () => {},
        });
    }

    link({ href }) {
        browser.open(href, "_self");
    }

    failed({ message }) {
        this.notification.add(message, { type: "danger", sticky: true });
    }
}

export const callDiallerService = {
    dependencies: ["dialog", "notification", "orm", "call_handling.simulation"],
    start: (env, services) => new CallDialler(services),
};

registry.category("services").add("call_handling.dialler", callDiallerService);
