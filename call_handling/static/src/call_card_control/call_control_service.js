import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { uniqueId } from "@web/core/utils/functions";

export const TIMEOUT = 10 * 1000; // milliseconds until somebody may try again without any events

/**
 * Has the telephone system hang up, hold, transfer or record a call of the user's phone. What happened is
 * what the events say, so an accepted wish changes nothing on the card by itself: only nothing
 * else can be asked for until then.
 */
export class CallControls {
    constructor({ notification, orm, "call_handling.simulation": simulation }) {
        Object.assign(this, { notification, orm, simulation });
        this.asked = reactive({}); // by id of the call
    }

    /**
     * Returns whether the telephone system is asked, and nothing has happened since.
     *
     * @param {object} card
     */
    isAsked(card) {
        return this.asked[card.id]?.situation === this.getSituation(card);
    }

    /** What changes on a card when a wish is fulfilled. */
    getSituation({ state, control }) {
        return JSON.stringify([state, control]);
    }

    /**
     * Asks the telephone system once, also if somebody clicks twice.
     *
     * @param {object} card
     * @param {string} action `hang_up`, `hold`, `resume`, `transfer`, `record`, `pause_recording` …
     * @param {string} [target] number or extension to which the call is transferred
     * @returns {Promise<boolean>} whether the telephone system wants to do it
     */
    async run(card, action, target = "") {
        if (this.isAsked(card)) {
            return false;
        }
        const callId = card.id;
        const wish = uniqueId("wish");
        this.asked[callId] = { wish, situation: this.getSituation(card) };
        const release = () => {
            if (this.asked[callId]?.wish === wish) {
                delete this.asked[callId];
            }
        };
        try {
            const answer = await this.ask(callId, action, target);
            if (answer.state === "accepted") {
                browser.setTimeout(release, TIMEOUT);
                this.accepted(answer);
                return true;
            }
            this.notification.add(answer.message, { type: "danger" });
        } catch (error) {
            release();
            throw error;
        }
        release();
        return false;
    }

    /** Once the wish is stored, asks the telephone system. */
    async ask(callId, action, target) {
        const args = [callId, action, target || false];
        const prepared = await this.orm.call("call.control", "prepare", args);
        if (prepared.state !== "ready") {
            return prepared;
        }
        return this.orm.call("call.control", "start", [[prepared.id]]);
    }

    accepted({ message, pbx_id: pbxId, script }) {
        if (message) {
            this.notification.add(message, { type: "info" });
        }
        if (script.length) {
            this.simulation.play(pbxId, script);
        }
    }
}

export const callControlService = {
    dependencies: ["notification", "orm", "call_handling.simulation"],
    start: (env, services) => new CallControls(services),
};

registry.category("services").add("call_handling.controls", callControlService);
