import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { groupBy } from "@web/core/utils/arrays";

/**
 * Plays calls of the simulated telephone system: sends each event to the server at its time.
 *
 * Closing the page stops it; the server closes an unfinished call later.
 */
export const callSimulationService = {
    dependencies: ["orm"],

    start(env, { orm }) {
        /**
         * @param {number} pbxId
         * @param {[number, object][]} steps seconds from now, event of the event API
         */
        function play(pbxId, steps) {
            const stepsByTime = groupBy(steps, ([seconds]) => seconds);
            for (const [seconds, simultaneous] of Object.entries(stepsByTime)) {
                const events = simultaneous.map(([, event]) => event);
                browser.setTimeout(
                    () => orm.silent.call("call.pbx", "perform", [pbxId, events]),
                    Number(seconds) * 1000
                );
            }
        }
        return { play };
    },
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
