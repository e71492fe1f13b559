import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { CallCardContact } from "../call_card_contact/call_card_contact";
import { CallCardContext } from "../call_card_context/call_card_context";
import { CallCardNotes } from "../call_card_notes/call_card_notes";
import { CallElapsed } from "../call_elapsed/call_elapsed";

/**
 * One call: who it is, what is open with them, and room for notes. A card that is not open is
 * a single line.
 */
export class CallCard extends Component {
    static template = "call_handling.CallCard";
    static components = { CallCardContact, CallCardContext, CallCardNotes, CallElapsed };
    static props = { card: Object, isOpen: Boolean };

    setup() {
        this.card = useState(this.props.card);
        this.calls = useService("call_handling.calls");
    }

    get headline() {
        const { state, spoke, direction, taken_by: colleague, outcome } = this.card;
        if (state === "ringing") {
            return direction === "outgoing" ? _t("Calling") : _t("Ringing");
        }
        if (state === "ongoing") {
            return _t("Talking");
        }
        if (spoke) {
            return _t("Ended");
        }
        return colleague ? _t("Answered by %s", colleague) : outcome || _t("Ended");
    }

    get classes() {
        const { state, spoke } = this.card;
        const look = state === "ended" && !spoke ? "over" : state;
        return `o_call_card_${look}${this.props.isOpen ? " o_call_card_open" : ""}`;
    }

    /** Notes are for conversations; while it rings, what is known matters. */
    get hasNotes() {
        const { state, spoke, direction } = this.card;
        return spoke || state === "ongoing" || direction === "outgoing";
    }

    toggle() {
        this.calls.state.expandedId = this.props.isOpen ? false : this.card.id;
    }

    close() {
        return this.calls.close(this.card);
    }

    onKeydown(ev) {
        const finishes = ev.key === "Enter" && (ev.ctrlKey || ev.metaKey);
        if (finishes || ev.key === "Escape") {
            ev.preventDefault();
            ev.stopPropagation();
            finishes ? this.close() : this.toggle();
        }
    }

    openCall() {
        this.calls.openRecord("call.call", this.card.id);
    }
}
