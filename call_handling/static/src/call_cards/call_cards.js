import { Component, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useHotkey } from "@web/core/hotkeys/hotkey_hook";
import { useService } from "@web/core/utils/hooks";
import { CallCard, CallChip } from "../call_card/call_card";
import { useDock } from "../call_dock/call_dock_service";

/** Cards of calls, in a corner of the screen above all views. */
export class CallCards extends Component {
    static template = "call_handling.CallCards";
    static components = { CallCard, CallChip };
    static props = {};

    setup() {
        this.calls = useState(useService("call_handling.calls"));
        this.alerts = useService("call_handling.alerts");
        this.dock = useService("call_handling.dock");
        this.ui = useService("ui");
        this.store = useService("mail.store");
        useDock(this.dock, useRef("cards"), () => ({
            chatHub: this.store.chatHub,
            isSmall: this.ui.isSmall,
            fold: () => (this.calls.state.expandedId = false),
        }));
        const options = { global: true, bypassEditableProtection: true };
        useHotkey("alt+shift+c", () => this.focus(), options);
        useEffect(
            () => {
                this.alerts.follow(this.ringing);
            },
            () => [this.ringing.map((card) => card.id).join()]
        );
    }

    get cards() {
        return this.calls.shownCards;
    }

    get style() {
        return this.ui.isSmall ? "" : this.dock.getStyle(this.store.chatHub);
    }

    /** On a small screen, only the card in use or the newest one is shown. */
    get shown() {
        const { cards } = this;
        if (!this.ui.isSmall || cards.length < 2) {
            return cards;
        }
        return [cards.find((card) => card.id === this.calls.state.expandedId) || cards.at(-1)];
    }

    /** The other cards of a small screen. */
    get chips() {
        const { shown } = this;
        return this.cards.filter((card) => !shown.includes(card));
    }

    get ringing() {
        return this.cards.filter((card) => card.state === "ringing");
    }

    /** Text for screen readers when a call comes in. */
    get announcement() {
        const incoming = this.ringing.filter((card) => card.direction !== "outgoing");
        const names = incoming.map((card) => [card.name, card.company].filter(Boolean).join(", "));
        return names.length ? _t("Call from %s. Alt Shift C goes to the card.", names.at(-1)) : "";
    }

    focus() {
        document.querySelector(".o_call_card.o_call_card_open")?.focus();
    }
}

registry.category("main_components").add("call_handling.CallCards", { Component: CallCards });
