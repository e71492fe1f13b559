import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { CallRecordings } from "../call_recordings/call_recordings";

/** The recordings of the call of a form. */
export class CallRecordingsField extends Component {
    static template = "call_handling.CallRecordingsField";
    static components = { CallRecordings };
    static props = { ...standardFieldProps };

    get recordings() {
        const { record, name } = this.props;
        return {
            callId: record.resId,
            state: record.data[name] || "",
            beforeCopy: () => record.save(),
            afterCopy: () => record.load(),
        };
    }
}

registry.category("fields").add("call_recordings", {
    component: CallRecordingsField,
    displayName: _t("Recordings of a Call"),
    supportedTypes: ["selection"],
});
