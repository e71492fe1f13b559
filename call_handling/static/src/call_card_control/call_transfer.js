import { Component, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { RPCError } from "@web/core/network/rpc";
import { useAutofocus, useService } from "@web/core/utils/hooks";
import { KeepLast } from "@web/core/utils/concurrency";
import { uniqueId } from "@web/core/utils/functions";
import { useDebounced } from "@web/core/utils/timing";
import { useChangedPhones } from "../phone_states/phone_states";

export const TYPING = 250; // milliseconds after the last key press until the search begins
const NUMBER = /^[\d\s+*#()/.-]{2,}$/;

/** Panel of a card: to whom a call is transferred. It is searched, chosen, and then confirmed. */
export class CallTransfer extends Component {
    static template = "call_handling.CallTransfer";
    static props = { card: Object, close: Function };

    setup() {
        this.card = useState(this.props.card);
        this.orm = useService("orm");
        this.controls = useService("call_handling.controls");
        this.asked = useState(this.controls.asked);
        this.id = uniqueId("o_call_transfer");
        this.state = useState({ term: "", targets: [], chosen: null, isSearching: false });
        this.last = new KeepLast();
        this.searchSoon = useDebounced(() => this.search(), TYPING);
        this.confirm = useRef("confirm");
        useAutofocus({ refName: "search" });
        useEffect(() => this.focusConfirm());
        useChangedPhones(() => this.search());
        onWillStart(() => {
            this.search();
        });
    }

    // Whom the call can be transferred to

    onInput(ev) {
        this.state.term = ev.target.value;
        this.state.isSearching = true;
        this.searchSoon();
    }

    /** Searches again. Whoever is chosen remains so if found again. */
    async search() {
        const term = this.state.term.trim();
        const targets = await this.last.add(this.find(term));
        const { chosen } = this.state;
        Object.assign(this.state, {
            targets,
            chosen: targets.find(({ key }) => key === chosen?.key) || null,
            isSearching: false,
        });
    }

    async find(term) {
        const [colleagues, contacts] = await Promise.all([
            this.call("call.control", "find_targets", [this.card.id, term]),
            term ? this.call("call.dial", "find", [term]) : [],
        ]);
        const targets = [
            ...colleagues.map((colleague) => this.getColleague(colleague)),
            ...contacts.flatMap((contact) => this.getNumbers(contact)),
            ...(NUMBER.test(term) ? [this.getTarget(term, term, { kind: _t("As typed") })] : []),
        ];
        const keys = targets.map(({ key }) => key);
        return targets.filter(({ key }, place) => keys.indexOf(key) === place);
    }

    /** The phone may have left the call since the last key press: then nobody is found. */
    async call(...args) {
        try {
            return await this.orm.silent.call(...args);
        } catch (error) {
            if (error instanceof RPCError) {
                return [];
            }
            throw error;
        }
    }

    getColleague({ name, extension, state }) {
        return this.getTarget(extension, name, { status: state, statusLabel: this.states[state] });
    }

    getNumbers({ name, company, numbers }) {
        const label = [name, company].filter(Boolean).join(", ");
        return numbers.map(({ number, label: kind }) => this.getTarget(number, label, { kind }));
    }

    getTarget(number, name, values = {}) {
        const key = number.replace(/[\s()/.-]/g, "");
        return { key, number, name, kind: "", status: "", statusLabel: "", ...values };
    }

    get states() {
        return {
            free: _t("Free"),
            ringing: _t("Ringing"),
            talking: _t("Talking"),
            dnd: _t("Do not disturb"),
            offline: _t("Offline"),
        };
    }

    // Choosing

    get isEmpty() {
        return !this.state.isSearching && !this.state.targets.length;
    }

    isChosen(target) {
        return target.key === this.state.chosen?.key;
    }

    getOptionId(target) {
        return `${this.id}_${this.state.targets.findIndex(({ key }) => key === target.key)}`;
    }

    choose(target) {
        this.state.chosen = target;
        document.getElementById(this.getOptionId(target))?.scrollIntoView({ block: "nearest" });
    }

    /** Chooses somebody, and goes on to the button that confirms it. */
    select(target) {
        if (target) {
            this.choose(target);
            this.mustFocus = true;
            this.focusConfirm();
        }
    }

    focusConfirm() {
        if (this.mustFocus && this.confirm.el) {
            this.mustFocus = false;
            this.confirm.el.focus();
        }
    }

    onKeydown(ev) {
        const { targets, chosen } = this.state;
        const place = targets.findIndex((target) => this.isChosen(target));
        const steps = { ArrowDown: 1, ArrowUp: place < 0 ? 0 : -1 };
        if (ev.key in steps && targets.length) {
            this.choose(targets.at((place + steps[ev.key]) % targets.length));
        } else if (ev.key === "Enter" && !ev.ctrlKey && !ev.metaKey) {
            this.select(chosen || (this.state.isSearching ? null : targets[0]));
        } else {
            return;
        }
        ev.preventDefault();
        ev.stopPropagation();
    }

    onEscape(ev) {
        if (ev.key === "Escape") {
            ev.preventDefault();
            ev.stopPropagation();
            this.props.close(true);
        }
    }

    // Transferring

    get isAsked() {
        return this.asked[this.card.id] && this.controls.isAsked(this.card);
    }

    get confirmLabel() {
        const { name, number } = this.state.chosen;
        if (name === number) {
            return _t("Transfer to %s", number);
        }
        return _t("Transfer to %(name)s (%(number)s)", { name, number });
    }

    async transfer() {
        if (await this.controls.run(this.card, "transfer", this.state.chosen.number)) {
            this.props.close(false);
        }
    }
}
