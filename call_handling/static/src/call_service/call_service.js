import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { session } from "@web/session";

export const CARD_MESSAGE = "call_handling.card/changed";
export const PREFERENCES_MESSAGE = "call_handling.preferences/changed";
export const LINGER = 6000; // milliseconds: so long one reads that a colleague has taken it
export const OVER_SHOWN = 2; // cards of calls that are over; earlier ones are in the top bar

/**
 * The calls of the user, as cards, the same on all screens of the user: the server tells that
 * something has happened, and is asked what.
 */
export class Calls {
    constructor({ action, orm, bus_service: bus, "call_handling.drafts": drafts }) {
        Object.assign(this, { action, orm, drafts, reading: new Map(), listeners: new Set() });
        this.state = reactive({
            cards: [],
            expandedId: false,
            isShown: Boolean(session.call_handling),
            preferences: { ...session.call_handling },
        });
        if (this.state.isShown) {
            bus.subscribe(CARD_MESSAGE, (message) => this.onMessage(message));
            bus.subscribe(PREFERENCES_MESSAGE, (news) => Object.assign(this.preferences, news));
            bus.addEventListener("BUS:RECONNECT", () => this.read());
            bus.start();
            // What an earlier page could not save comes first, or the cards would be older.
            drafts.saveAll().finally(() => this.read());
        }
    }

    get preferences() {
        return this.state.preferences;
    }

    get isBusy() {
        return this.preferences.call_status === "busy";
    }

    /** Cards that are to be seen, the running calls last. Never so many that they are in the
     * way: of the calls that are over, the last ones, and those that somebody writes about. */
    get shownCards() {
        const { call_card: wanted } = this.preferences;
        const cards = this.state.cards.filter((card) => card.asked || (wanted && !this.isBusy));
        const over = cards.filter((card) => this.isPutAside(card));
        const hidden = over.slice(0, Math.max(0, over.length - OVER_SHOWN));
        return cards.filter((card) => !hidden.includes(card));
    }

    isPutAside(card) {
        const isUsed = card.asked || card.id === this.state.expandedId;
        return card.state === "ended" && !isUsed && !this.drafts.drafts[card.id];
    }

    getCard(callId) {
        return this.state.cards.find((card) => card.id === callId);
    }

    onMessage({ call_id: callId, state, screen }) {
        // News of a card that is not shown are none: only a call that runs brings one.
        const isNews = ["ringing", "ongoing", "opened"].includes(state) || this.getCard(callId);
        if (state === "closed") {
            this.remove(callId);
        } else if (isNews && (!screen || screen !== this.drafts.screen)) {
            this.read(callId);
        }
        this.listeners.forEach((listener) => listener());
    }

    /** Reads a card, or all. While an answer is awaited, further news are one more question. */
    async read(callId = false) {
        if (this.reading.has(callId)) {
            this.reading.set(callId, true);
            return;
        }
        this.reading.set(callId, false);
        try {
            const args = callId ? [[callId]] : [];
            this.show(await this.orm.silent.call("call.call", "get_cards", args), callId);
        } finally {
            const isOld = this.reading.get(callId);
            this.reading.delete(callId);
            if (isOld) {
                this.read(callId);
            }
        }
    }

    show(cards, askedId) {
        const ids = new Set(cards.map((card) => card.id));
        const gone = this.state.cards.filter((card) => !ids.has(card.id));
        gone.filter((card) => !askedId || card.id === askedId).forEach(({ id }) => this.remove(id));
        for (const card of cards) {
            card.since = Date.now() - card.seconds * 1000;
            const known = this.getCard(card.id);
            known ? Object.assign(known, card) : this.add(card);
            this.expire(card);
        }
    }

    /** A new call opens its card; one that is over already is a line, to be out of the way. */
    add(card) {
        this.state.cards.push(card);
        const mayOpen = !this.isTyping() || !this.getCard(this.state.expandedId);
        if (card.state !== "ended" && mayOpen) {
            this.state.expandedId = card.id;
        }
    }

    /** Whether somebody writes on a card: then another one does not take its place. */
    isTyping() {
        return Boolean(document.activeElement?.closest(".o_call_card"));
    }

    /** Nobody has spoken: there is nothing to write down, if nobody has begun to. */
    expire(card) {
        if (card.state === "ended" && !card.spoke) {
            browser.setTimeout(() => {
                const known = this.getCard(card.id);
                if (known && !known.asked && !this.isWritten(known)) {
                    this.remove(card.id);
                }
            }, LINGER);
        }
    }

    isWritten(card) {
        return Boolean(card.note || card.summary || this.drafts.drafts[card.id]);
    }

    /** Takes a card away. In its place comes a call that is running, if there is one. */
    remove(callId) {
        const index = this.state.cards.findIndex((card) => card.id === callId);
        if (index >= 0) {
            this.state.cards.splice(index, 1);
        }
        if (this.state.expandedId === callId) {
            const running = this.state.cards.filter((card) => card.state !== "ended");
            this.state.expandedId = running.at(-1)?.id ?? false;
        }
    }

    /** Saves what is written, and takes the card from all screens of the user. */
    async close(card) {
        await this.drafts.save(card.id);
        this.remove(card.id);
        await this.orm.silent.call("call.call", "action_close_card", [[card.id]]);
    }

    /** Shows a card that was closed, or that was not wanted. */
    async open(callId) {
        await this.orm.call("call.call", "action_open_card", [[callId]]);
        await this.read(callId);
        const card = this.getCard(callId);
        if (card) {
            Object.assign(card, { asked: true });
            this.state.expandedId = callId;
        }
    }

    /** Runs a method of the call, which may open something. */
    async run(card, method) {
        const action = await this.orm.call("call.call", method, [[card.id]]);
        const onClose = () => this.read(card.id);
        await (action ? this.action.doAction(action, { onClose }) : onClose());
    }

    /** The user says that the call is private: nothing of it is shown or kept any more. */
    async makePrivate(card) {
        await this.orm.call("call.call", "action_make_private", [[card.id]]);
        this.drafts.forget(card.id);
        this.remove(card.id);
    }

    openRecord(model, id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
        });
    }

    async setPreferences(values) {
        Object.assign(this.preferences, values);
        await this.orm.silent.write("res.users", [user.userId], values);
    }
}

export const callService = {
    dependencies: ["action", "bus_service", "orm", "call_handling.drafts"],
    start: (env, services) => new Calls(services),
};

registry.category("services").add("call_handling.calls", callService);
