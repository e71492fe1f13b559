import { Component } from "@odoo/owl";
import { useConversationState } from "../call_conversation/call_conversation_state";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { CallRecordings } from "../call_recordings/call_recordings";

/** The recordings of the call of a form. */
export class CallRecordingsField extends Component {
    static template = "call_handling.CallRecordingsField";
    static components = { CallRecordings };
    static props = { ...standardFieldProps };

    setup() {
        this.live = useConversationState(this);
    }

    get recordings() {
        const { record } = this.props;
        return {
            callId: record.resId,
            state: this.live.value || "",
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
