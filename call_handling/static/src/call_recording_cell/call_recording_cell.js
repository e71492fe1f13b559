import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { usePopover } from "@web/core/popover/popover_hook";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";
import { CallRecordings } from "../call_recordings/call_recordings";

class CallRecordingPopover extends Component {
    static template = "call_handling.CallRecordingPopover";
    static components = { CallRecordings };
    static props = { callId: Number, state: String, close: Function };

    get recordings() {
        return { callId: this.props.callId, state: this.props.state };
    }
}

/** Opens the recordings of a call in a list. */
export class CallRecordingCellField extends Component {
    static template = "call_handling.CallRecordingCellField";
    static props = { ...standardFieldProps };

    setup() {
        this.popover = usePopover(CallRecordingPopover, {
            position: "bottom-end",
            popoverClass: "o_call_recording_popover",
        });
    }

    get isRecorded() {
        return this.props.record.data[this.props.name] === "here";
    }

    open(ev) {
        this.popover.open(ev.currentTarget, { callId: this.props.record.resId, state: "here" });
    }
}

registry.category("fields").add("call_recording_cell", {
    component: CallRecordingCellField,
    displayName: _t("Recording"),
    supportedTypes: ["selection"],
    listViewWidth: 40,
    label: false,
});
