import { Component, useState } from "@odoo/owl";
import { ConfirmationDialog } from "@web/core/confirmation_dialog/confirmation_dialog";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { CallCardContact } from "../call_card_contact/call_card_contact";
import { CallCardContext } from "../call_card_context/call_card_context";
import { CallCardControl } from "../call_card_control/call_card_control";
import { CallCardNotes } from "../call_card_notes/call_card_notes";
import { CallElapsed } from "../call_elapsed/call_elapsed";
import { CallRecordings } from "../call_recordings/call_recordings";

/**
 * Card of a call: the contact, open records and notes. A collapsed card is a single line.
 */
export class CallCard extends Component {
    static template = "call_handling.CallCard";
    static components = {
        CallCardContact,
        CallCardContext,
        CallCardControl,
        CallCardNotes,
        CallElapsed,
        CallRecordings,
        Dropdown,
        DropdownItem,
    };
    static props = { card: Object, isOpen: Boolean };

    setup() {
        this.card = useState(this.props.card);
        this.calls = useService("call_handling.calls");
        this.dock = useService("call_handling.dock");
        this.dialog = useService("dialog");
        this.ui = useService("ui");
        this.store = useService("mail.store");
        this.more = useDropdownState();
    }

    get headline() {
        const { state, spoke, direction, taken_by: colleague, outcome, control } = this.card;
        if (state === "ringing") {
            return direction === "outgoing" ? _t("Calling") : _t("Ringing");
        }
        if (state === "ongoing") {
            return control.is_held ? _t("On hold") : _t("Talking");
        }
        if (spoke) {
            return _t("Ended");
        }
        return colleague ? _t("Answered by %s", colleague) : outcome || _t("Ended");
    }

    get classes() {
        const { state, spoke } = this.card;
        const suffix = state === "ended" && !spoke ? "over" : state;
        return `o_call_card_${suffix}${this.props.isOpen ? " o_call_card_open" : ""}`;
    }

    /** A ringing incoming call has no notes yet: the card only shows what is known. */
    get hasNotes() {
        const { state, spoke, direction } = this.card;
        return spoke || state === "ongoing" || direction === "outgoing";
    }

    /** Calls that a colleague has answered are those of the colleague. */
    get canDecide() {
        return !this.card.taken_by;
    }

    /** Whether there is something to choose from the menu of what is rarely needed. */
    get hasMore() {
        const can = this.card.can;
        const canChoose = can.make_private || can.block_number || can.refuse_recording;
        return this.props.isOpen && (this.canMove || (this.canDecide && canChoose));
    }

    /** Whether there is another side of the screen to move to. */
    get canMove() {
        return !this.ui.isSmall && this.dock.hasRoom(this.store.chatHub);
    }

    toggle() {
        const focused = document.activeElement;
        if (!focused.closest(".o_call_cards")) {
            focused.blur(); // not every browser does so, and the card would give way to it
        }
        this.calls.state.expandedId = this.props.isOpen ? false : this.card.id;
    }

    close() {
        return this.calls.close(this.card);
    }

    finish() {
        return this.calls.finish(this.card);
    }

    onKeydown(ev) {
        if (this.more.isOpen) {
            return; // the keys are for the menu
        }
        const isFinished = ev.key === "Enter" && (ev.ctrlKey || ev.metaKey);
        if (isFinished || ev.key === "Escape") {
            ev.preventDefault();
            ev.stopPropagation();
            isFinished ? this.finish() : this.toggle();
        }
    }

    /** Asks before the recording of the call is deleted, because the caller does not want it. */
    refuseRecording() {
        this.dialog.add(ConfirmationDialog, {
            title: _t("The Caller Refuses"),
            body: _t(
                "The recordings of this call are deleted, with their transcripts and what was proposed from them, and none is stored if it comes later. This cannot be undone. Does the caller refuse to be recorded?"
            ),
            confirmLabel: _t("Delete the Recording"),
            confirm: () => this.calls.run(this.card, "action_refuse_recording"),
            cancel: () => {},
        });
    }

    openCall() {
        this.calls.openRecord("call.call", this.card.id);
    }
}

/** A card beside the one that is shown, on a small screen: who it is, to switch to it. */
export class CallChip extends CallCard {
    static template = "call_handling.CallChip";
}
