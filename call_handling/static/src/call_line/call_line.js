import { Component } from "@odoo/owl";
import { deserializeDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

const ICONS = {
    incoming: "fa-arrow-down",
    outgoing: "fa-arrow-up",
    unanswered: "fa-times text-danger",
    internal: "fa-exchange",
};

/** A past call as a line of a card or menu. */
export class CallLine extends Component {
    static template = "call_handling.CallLine";
    static props = {
        call: Object,
        showsName: { type: Boolean, optional: true },
        onOpened: { type: Function, optional: true },
        slots: { type: Object, optional: true },
    };

    setup() {
        this.calls = useService("call_handling.calls");
    }

    get icon() {
        return ICONS[this.props.call.type];
    }

    get typeName() {
        const names = {
            incoming: _t("Incoming"),
            outgoing: _t("Outgoing"),
            unanswered: _t("Missed"),
            internal: _t("Internal"),
        };
        return names[this.props.call.type];
    }

    get date() {
        return deserializeDateTime(this.props.call.date).toRelative();
    }

    open() {
        this.calls.openRecord("call.call", this.props.call.id);
        this.props.onOpened?.();
    }
}
