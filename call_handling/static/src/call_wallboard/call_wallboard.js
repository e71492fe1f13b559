import { Component, onWillDestroy, onWillStart, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { KeepLast } from "@web/core/utils/concurrency";
import { useService } from "@web/core/utils/hooks";
import { standardActionServiceProps } from "@web/webclient/actions/action_service";
import { formatCallDuration } from "../call_duration/call_duration_field";
import { formatWholeShare } from "../call_formats/call_formats";
import { askPrimary } from "../call_primary/call_primary";
import { useChangedPhones } from "../phone_states/phone_states";

const REFRESH = 60 * 1000; // milliseconds: also without a message
const RETRY = 5 * 1000;
const SCOPE = "call_handling.wallboard.scope";
const MOST_NAMES = 10; // of each kind, so that all of it fits on the screen
const { DateTime } = luxon;
const asPerson = (name, id) => ({ id, name });

/** What is going on now, to be read from across the room. */
export class CallWallboard extends Component {
    static template = "call_handling.CallWallboard";
    static props = { ...standardActionServiceProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.keepLast = new KeepLast();
        const scope = browser.localStorage.getItem(SCOPE) || "all";
        this.state = useState({ scope, data: null, loaded: 0, now: Date.now(), isLost: false });
        useChangedPhones(() => this.loadNews());
        const busService = useService("bus_service");
        this.listen(busService, "BUS:DISCONNECT", () => this.lose());
        this.listen(busService, "BUS:RECONNECT", () => this.loadNews());
        onWillStart(() => this.load());
        const clock = browser.setInterval(() => this.tick(), 1000);
        onWillDestroy(() => browser.clearInterval(clock));
    }

    listen(busService, type, listener) {
        busService.addEventListener(type, listener);
        onWillDestroy(() => busService.removeEventListener(type, listener));
    }

    /** Counts the seconds, and loads again when it is time to. */
    tick() {
        this.state.now = Date.now();
        const age = this.state.now - this.asked;
        if (!this.isLoading && age >= (this.state.isLost ? RETRY : REFRESH)) {
            this.load();
        }
    }

    /** What is shown remains, and says since when it is not up to date. */
    lose() {
        this.state.isLost = true;
    }

    /** Loads what a message has announced, or what may have been announced meanwhile. */
    loadNews() {
        return this.load(askPrimary(this.orm.silent));
    }

    async load(orm = this.orm.silent) {
        this.isLoading = true;
        this.asked = Date.now();
        try {
            const read = orm.call("call.report", "get_wallboard", [this.state.scope]);
            const data = await this.keepLast.add(read);
            Object.assign(this.state, { data, loaded: Date.now(), now: Date.now(), isLost: false });
        } catch (error) {
            // Whatever keeps it from being up to date once it hangs there, it says so and goes on.
            if (!this.state.data && !(error instanceof ConnectionLostError)) {
                throw error;
            }
            this.lose();
        } finally {
            this.isLoading = false;
        }
    }

    async chooseScope(scope) {
        browser.localStorage.setItem(SCOPE, scope);
        this.state.scope = scope;
        await this.load();
    }

    close() {
        return this.action.doAction("call_handling.call_dashboard_action", {
            clearBreadcrumbs: true,
        });
    }

    // --- what is shown ----------------------------------------------------------------

    get time() {
        return formatDateTime(DateTime.fromMillis(this.state.now), { format: "HH:mm" });
    }

    get lostSince() {
        return formatDateTime(DateTime.fromMillis(this.state.loaded), { format: "HH:mm:ss" });
    }

    /** Formats a duration that has grown since it was read. */
    formatRunning(seconds) {
        const passed = Math.round((this.state.now - this.state.loaded) / 1000);
        return formatCallDuration(seconds + Math.max(0, passed));
    }

    get longestWait() {
        const [longest] = this.state.data.waiting;
        return longest === undefined ? "–" : this.formatRunning(longest);
    }

    /** Who talks, who is free and who is not to be disturbed, without what nobody is in. */
    get groups() {
        const { talking, available } = this.state.data;
        const named = talking.filter(({ name }) => name);
        return [
            this.getGroup("talking", _t("Talking"), "fa-phone", named),
            this.getGroup("free", _t("Free"), "fa-check-circle", available.free.map(asPerson)),
            this.getGroup("dnd", _t("Do not disturb"), "fa-minus-circle", available.dnd.map(asPerson)),
        ].filter(({ people }) => people.length);
    }

    getGroup(name, label, icon, everyone) {
        const people = everyone.slice(0, MOST_NAMES);
        return { name, label, icon, people, more: everyone.length - people.length };
    }

    get serviceLevel() {
        return formatWholeShare(this.state.data.today.service_level);
    }

    get serviceTone() {
        const { service_base: base, service_level: level, service_goal: goal } =
            this.state.data.today;
        return base ? (level >= goal ? "good" : "bad") : "";
    }

    get goal() {
        return formatWholeShare(this.state.data.today.service_goal);
    }
}

registry.category("actions").add("call_wallboard", CallWallboard);
