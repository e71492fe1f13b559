import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { session } from "@web/session";
import { CallDialButton } from "../call_dial_button/call_dial_button";

/** Only the button that dials a number, for a column of its own or beside a name. */
export class CallDialCellField extends Component {
    static template = "call_handling.CallDialCellField";
    static components = { CallDialButton };
    static props = { ...standardFieldProps };

    get number() {
        const { name, record } = this.props;
        return (session.call_handling?.dials && record.data[name]) || "";
    }

    get dialProps() {
        const { resModel, resId } = this.props.record;
        return { number: this.number, resModel, resId, isSingle: true };
    }
}

export const callDialCellField = {
    component: CallDialCellField,
    displayName: _t("Call Button"),
    supportedTypes: ["char"],
    listViewWidth: 40,
    label: false,
};

registry.category("fields").add("call_dial", callDialCellField);
