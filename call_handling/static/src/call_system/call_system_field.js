import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/** Choice of a telephone system by its icon; afterwards its name, with a button to change it. */
export class CallSystemField extends Component {
    static template = "call_handling.CallSystemField";
    static props = { ...standardFieldProps, icons: { type: Object, optional: true } };

    get value() {
        return this.props.record.data[this.props.name];
    }

    get systems() {
        const { selection } = this.props.record.fields[this.props.name];
        return selection.map(([code, label]) => ({ code, label, icon: this.props.icons?.[code] }));
    }

    get label() {
        return this.systems.find(({ code }) => code === this.value)?.label || "";
    }

    choose(code) {
        return this.props.record.update({ [this.props.name]: code });
    }
}

registry.category("fields").add("call_system", {
    component: CallSystemField,
    displayName: _t("Telephone System"),
    supportedTypes: ["selection"],
    extractProps: ({ options }) => ({ icons: options.icons }),
});
