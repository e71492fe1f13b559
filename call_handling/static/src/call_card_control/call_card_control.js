import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { getActiveHotkey } from "@web/core/hotkeys/hotkey_service";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { CallRecordingState } from "../call_recording_state/call_recording_state";
import { CallTransfer } from "./call_transfer";

/** Part of a card: what can be done with the running call of the user's phone. */
export class CallCardControl extends Component {
    static template = "call_handling.CallCardControl";
    static components = { CallRecordingState, CallTransfer };
    static props = { card: Object };

    setup() {
        this.card = useState(this.props.card);
        this.controls = useService("call_handling.controls");
        this.asked = useState(this.controls.asked);
        this.state = useState({ isTransferring: false });
        this.root = useRef("root");
        this.keepFocus();
        useEffect(
            (card) => {
                const onKeydown = (ev) => this.onKeydown(ev);
                card.addEventListener("keydown", onKeydown);
                return () => card.removeEventListener("keydown", onKeydown);
            },
            () => [this.root.el.closest(".o_call_card")]
        );
        // It does not come back by itself, which would move the focus.
        useEffect(
            (canTransfer) => {
                if (!canTransfer) {
                    this.state.isTransferring = false;
                }
            },
            () => [this.canTransfer]
        );
    }

    /** With the keyboard, the focus stays on the card when the button that had it disappears. */
    keepFocus() {
        let focused = null;
        useEffect(() => {
            if (focused && !focused.isConnected && document.activeElement === document.body) {
                this.root.el.closest(".o_call_card").focus();
            }
            const active = document.activeElement;
            focused = this.root.el.contains(active) && active.matches(":focus-visible") && active;
        });
    }

    get buttons() {
        const { state, direction, control } = this.card;
        const isRejected = state === "ringing" && direction !== "outgoing";
        const buttons = [
            {
                action: "hang_up",
                label: isRejected ? _t("Reject") : _t("Hang Up"),
                icon: "fa-phone o_call_control_down",
                color: "btn-danger",
                key: "H",
            },
            { action: "hold", label: _t("Hold"), icon: "fa-pause", key: "O" },
            { action: "resume", label: _t("Resume"), icon: "fa-play", key: "O" },
            { action: "transfer", label: _t("Transfer"), icon: "fa-share", key: "T" },
        ];
        return buttons.filter(({ action }) => control.actions.includes(action));
    }

    /** The buttons beside the sign that the call is recorded. */
    get recordingButtons() {
        const buttons = [
            { action: "record", label: _t("Record"), name: _t("Record"), icon: "fa-circle", key: "R" },
            {
                action: "pause_recording",
                label: _t("Pause"),
                name: _t("Pause Recording"),
                icon: "fa-pause",
                key: "R",
            },
            {
                action: "resume_recording",
                label: _t("Resume"),
                name: _t("Resume Recording"),
                icon: "fa-circle",
                key: "R",
            },
            {
                action: "stop_recording",
                label: _t("Stop"),
                name: _t("Stop Recording"),
                icon: "fa-stop",
                key: "S",
            },
        ];
        return buttons.filter(({ action }) => this.card.control.actions.includes(action));
    }

    /** The rows of buttons, each with what a screen reader calls it. */
    get groups() {
        return [
            { name: _t("Control of the call"), buttons: this.buttons, recording: null },
            {
                name: _t("Recording"),
                buttons: this.recordingButtons,
                recording: this.card.control.recording,
            },
        ];
    }

    get isEmpty() {
        const isSilent = !this.card.control.recording;
        return isSilent && !this.buttons.length && !this.recordingButtons.length;
    }

    get isAsked() {
        return this.asked[this.card.id] && this.controls.isAsked(this.card);
    }

    get canTransfer() {
        return this.card.control.actions.includes("transfer");
    }

    getTitle({ label, name, key }) {
        return `${name || label} (Alt+Shift+${key})`;
    }

    press({ action }) {
        if (action === "transfer") {
            this.state.isTransferring = !this.state.isTransferring;
        } else if (!this.isAsked) {
            this.controls.run(this.card, action);
        }
    }

    /** Presses the button of a hotkey, which works anywhere on the card. */
    onKeydown(ev) {
        const hotkey = getActiveHotkey(ev);
        const button = [...this.buttons, ...this.recordingButtons].find(
            ({ key }) => hotkey === `alt+shift+${key.toLowerCase()}`
        );
        if (button) {
            ev.preventDefault();
            ev.stopPropagation();
            this.press(button);
        }
    }

    closeTransfer(hasFocus) {
        this.state.isTransferring = false;
        if (hasFocus) {
            this.root.el.querySelector("[data-action=transfer]")?.focus();
        }
    }
}
