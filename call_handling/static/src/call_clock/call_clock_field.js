import { onWillUnmount, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useBus } from "@web/core/utils/hooks";
import {
    CallDurationField,
    callDurationField,
    formatCallDuration,
} from "../call_duration/call_duration_field";

const { DateTime } = luxon;

/**
 * Duration of a call, typed or measured with a clock. Saving the call stops a running clock.
 */
export class CallClockField extends CallDurationField {
    static template = "call_handling.CallClockField";
    static props = {
        ...CallDurationField.props,
        startField: { type: String, optional: true },
    };

    setup() {
        super.setup();
        this.clock = useState({ since: null, seconds: 0 });
        useBus(this.props.record.model.bus, "NEED_LOCAL_CHANGES", ({ detail }) =>
            detail.proms.push(this.stop())
        );
        useBus(this.props.record.model.bus, "WILL_SAVE_URGENTLY", () => this.stop());
        onWillUnmount(() => browser.clearInterval(this.timer));
    }

    get isRunning() {
        return this.clock.since !== null;
    }

    get clockLabel() {
        return this.isRunning ? _t("Stop the clock") : _t("Start the clock");
    }

    get runningValue() {
        return formatCallDuration(this.clock.seconds);
    }

    /** Continues from the current duration. The first start is also the start of the call. */
    async start() {
        const seconds = this.props.record.data[this.props.name] || 0;
        if (!seconds) {
            // A call with a running clock has a duration: the form must not ask for one.
            const changes = { [this.props.name]: 1 };
            if (this.props.startField) {
                changes[this.props.startField] = DateTime.now().set({ millisecond: 0 });
            }
            await this.props.record.update(changes);
        }
        this.clock.since = DateTime.now().minus({ seconds });
        this.clock.seconds = seconds;
        this.timer = browser.setInterval(() => this.tick(), 1000);
    }

    tick() {
        this.clock.seconds = Math.round(DateTime.now().diff(this.clock.since, "seconds").seconds);
    }

    async stop() {
        if (this.isRunning) {
            browser.clearInterval(this.timer);
            this.tick();
            this.clock.since = null;
            await this.props.record.update({ [this.props.name]: this.clock.seconds });
        }
    }

    async toggle() {
        await (this.isRunning ? this.stop() : this.start());
    }
}

registry.category("fields").add("call_clock", {
    ...callDurationField,
    component: CallClockField,
    displayName: _t("Call Duration with a Clock"),
    supportedOptions: [
        {
            label: _t("Field with the start"),
            name: "start_field",
            type: "field",
            availableTypes: ["datetime"],
            help: _t("Set when the clock is started for the first time."),
        },
    ],
    extractProps: ({ options }) => ({ startField: options.start_field }),
});
