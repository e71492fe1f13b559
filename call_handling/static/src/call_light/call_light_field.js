import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const LIGHTS = {
    ok: "fa-check-circle text-success",
    warning: "fa-exclamation-triangle text-warning",
    error: "fa-times-circle text-danger",
};

/** A traffic light, of which no color is needed to read it. */
export class CallLightField extends Component {
    static template = "call_handling.CallLightField";
    static props = { ...standardFieldProps, hasLabel: { type: Boolean, optional: true } };

    get state() {
        return this.props.record.data[this.props.name];
    }

    get icon() {
        return LIGHTS[this.state];
    }

    get label() {
        const states = this.props.record.fields[this.props.name].selection;
        return Object.fromEntries(states)[this.state];
    }
}

registry.category("fields").add("call_light", {
    component: CallLightField,
    displayName: _t("Traffic Light"),
    supportedTypes: ["selection"],
    extractProps: ({ options }) => ({ hasLabel: Boolean(options.label) }),
});
