import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

/** Part of a card: whether the call is being recorded at this moment, in words and as a sign. */
export class CallRecordingState extends Component {
    static template = "call_handling.CallRecordingState";
    static props = { recording: { validate: (state) => ["running", "paused", ""].includes(state) } };

    get label() {
        return { running: _t("Recording"), paused: _t("Recording paused") }[this.props.recording];
    }
}
