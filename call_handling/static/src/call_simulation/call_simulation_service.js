import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { groupBy } from "@web/core/utils/arrays";

/**
 * Plays calls of the simulated telephone system: sends each event to the server at its time.
 *
 * Closing the page stops it; the server closes an unfinished call later.
 */
export class CallSimulation {
    constructor({ orm }) {
        this.orm = orm;
        this.pending = new Set(); // { pbxId, event } that will be sent
        this.others = new browser.BroadcastChannel("call_handling.simulation"); // other tabs
        this.others.addEventListener("message", ({ data }) =>
            data.forEach((step) => this.drop(step))
        );
    }

    /**
     * @param {number} pbxId
     * @param {[number, object][]} steps seconds from now, event of the event API
     */
    play(pbxId, steps) {
        const planned = steps.map(([seconds, event]) => ({ pbxId, seconds, event }));
        planned.forEach((step) => this.drop(step));
        this.others.postMessage(planned);
        const stepsByTime = groupBy(planned, ({ seconds }) => seconds);
        for (const [seconds, simultaneous] of Object.entries(stepsByTime)) {
            simultaneous.forEach((step) => this.pending.add(step));
            browser.setTimeout(() => this.send(pbxId, simultaneous), Number(seconds) * 1000);
        }
    }

    send(pbxId, steps) {
        const events = steps.filter((step) => this.pending.delete(step)).map(({ event }) => event);
        if (events.length) {
            this.orm.silent.call("call.pbx", "perform", [pbxId, events]);
        }
    }

    /**
     * Drops what cannot happen any more if a phone, or the whole call, ends otherwise than it was
     * planned before.
     */
    drop({ pbxId, event: { event, call, leg } }) {
        if (event !== "ended") {
            return;
        }
        const ofCall = [...this.pending].filter(
            (step) => step.pbxId === pbxId && step.event.call === call
        );
        const dropped = ofCall.filter((step) => !leg || step.event.leg === leg);
        const rest = ofCall.filter((step) => !dropped.includes(step));
        if (!rest.some((step) => step.event.event === "answered")) {
            // If nobody answers, no phone stops ringing for it.
            dropped.push(...rest.filter((step) => step.event.cause === "elsewhere"));
        }
        dropped.forEach((step) => this.pending.delete(step));
    }
}

export const callSimulationService = {
    dependencies: ["orm"],
    start: (env, services) => new CallSimulation(services),
};

function playAction(env, action) {
    const { pbx_id: pbxId, steps } = action.params;
    env.services["call_handling.simulation"].play(pbxId, steps);
    env.services.notification.add(
        _t("The call is being simulated. It appears in the list of calls."),
        { type: "success" }
    );
    return { type: "ir.actions.act_window_close" };
}

registry.category("services").add("call_handling.simulation", callSimulationService);
registry.category("actions").add("call_handling.play", playAction);
