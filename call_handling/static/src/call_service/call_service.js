import { EventBus, reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { RPCError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { uniqueId } from "@web/core/utils/functions";
import { session } from "@web/session";
import { askPrimary, PRIMARY } from "../call_primary/call_primary";

export const CARD_MESSAGE = "call_handling.card/changed";
export const PREFERENCES_MESSAGE = "call_handling.preferences/changed";
export const PRIVATE_EVENT = "PRIVATE";
export const LINGER = 6000; // milliseconds that the card of a call without talk time stays
export const FOLD_AFTER = 2 * 60 * 1000; // milliseconds after the end, unless the card is in use
export const CLOSE_AFTER = 15 * 60 * 1000; // milliseconds, as above
export const MAX_ENDED_CARDS = 2; // the menu in the top bar lists earlier calls

/**
 * Cards of the user's calls, the same on all screens of the user. Bus messages only report which
 * call has changed; its card is then read from the server.
 */
export class Calls {
    constructor({ action, orm, bus_service: bus, "call_handling.drafts": drafts }) {
        Object.assign(this, { action, orm, drafts });
        Object.assign(this, { reading: new Map(), listeners: new Set(), bus: new EventBus() });
        this.timers = new Map();
        this.state = reactive({
            cards: [],
            expandedId: false,
            isShown: Boolean(session.call_handling),
            preferences: { ...session.call_handling },
        });
        if (this.state.isShown) {
            bus.subscribe(CARD_MESSAGE, (message) => this.onMessage(message));
            bus.subscribe(PREFERENCES_MESSAGE, (values) => Object.assign(this.preferences, values));
            bus.addEventListener("BUS:RECONNECT", () => this.read());
            bus.start();
            // Drafts of an earlier page must be saved first, or the cards would lack them.
            drafts.saveAll().finally(() => this.read());
        }
    }

    get preferences() {
        return this.state.preferences;
    }

    get isBusy() {
        return this.preferences.call_status === "busy";
    }

    /**
     * Cards to show. Of ended calls, these are only the last ones and those in use, so that the
     * cards do not cover the screen.
     */
    get shownCards() {
        const isEnabled = this.preferences.call_card && !this.isBusy;
        const cards = this.state.cards.filter((card) => card.isOpenedByUser || isEnabled);
        const ended = cards.filter((card) => this.canBeHidden(card));
        const hidden = ended.slice(0, Math.max(0, ended.length - MAX_ENDED_CARDS));
        return cards.filter((card) => !hidden.includes(card));
    }

    canBeHidden(card) {
        const isInUse = card.isOpenedByUser || card.id === this.state.expandedId;
        return card.state === "ended" && !isInUse && !this.drafts.drafts[card.id];
    }

    getCard(callId) {
        return this.state.cards.find((card) => card.id === callId);
    }

    onMessage({ call_id: callId, state, screen, joined_id: joinedId }) {
        // Only a running or reopened call adds a card; other messages update an existing one.
        const isRelevant = ["ringing", "ongoing", "opened"].includes(state) || this.getCard(callId);
        if (state === "closed") {
            this.remove(callId);
            if (this.drafts.drafts[callId]) {
                this.forgetPrivate(callId);
            }
        } else if (state === "joined") {
            this.join(callId, joinedId);
        } else if (isRelevant && (!screen || screen !== this.drafts.screen)) {
            this.read(callId);
        }
        this.listeners.forEach((listener) => listener());
    }

    /** The call goes on as another one: so does its card, with what was typed on it. */
    join(callId, joinedId) {
        this.stopTimers(callId);
        this.drafts.move(callId, joinedId);
        const card = this.getCard(callId);
        if (!card) {
            return;
        }
        const isExpanded = this.state.expandedId === callId;
        if (this.getCard(joinedId)) {
            this.remove(callId);
        } else {
            card.id = joinedId;
        }
        if (isExpanded) {
            this.state.expandedId = joinedId;
        }
        this.read(joinedId);
    }

    /** Reads one card or all. Changes during a request cause a single further request. */
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
            const isOutdated = this.reading.get(callId);
            this.reading.delete(callId);
            if (isOutdated) {
                this.read(callId);
            }
        }
    }

    show(cards, callId) {
        const ids = new Set(cards.map((card) => card.id));
        const missing = this.state.cards.filter((card) => !ids.has(card.id));
        missing
            .filter((card) => !callId || card.id === callId)
            .forEach(({ id }) => this.remove(id));
        for (const card of cards) {
            card.since = Date.now() - card.seconds * 1000;
            const existing = this.getCard(card.id);
            existing ? Object.assign(existing, card) : this.add(card);
            card.spoke ? this.rest(card.id) : this.expire(card);
        }
    }

    /** Adds a card: expanded for a running call, collapsed for an ended one. */
    add(card) {
        this.state.cards.push({ ...card, key: uniqueId("card") });
        const canExpand = !this.isTyping() || !this.getCard(this.state.expandedId);
        if (card.state !== "ended" && canExpand) {
            this.state.expandedId = card.id;
        }
    }

    /** Whether the user is typing on a card, which must not be collapsed then. */
    isTyping() {
        return Boolean(document.activeElement?.closest(".o_call_card"));
    }

    /** Schedules the removal of the card, if nobody talked and it has no notes. */
    expire(card) {
        if (card.state === "ended" && !card.spoke) {
            browser.setTimeout(() => {
                const current = this.getCard(card.id);
                if (current && !current.isOpenedByUser && !this.hasNotes(current)) {
                    this.remove(card.id);
                }
            }, LINGER);
        }
    }

    stopTimers(callId) {
        this.timers.get(callId)?.forEach((timer) => browser.clearTimeout(timer));
        this.timers.delete(callId);
    }

    /** Folds the card of an ended call, and closes it later, unless somebody is working on it. */
    rest(callId) {
        this.stopTimers(callId);
        const card = this.getCard(callId);
        if (card?.state !== "ended" || card.isOpenedByUser) {
            return;
        }
        const fold = () => this.isInUse(callId) || this.fold(callId);
        const close = () => (this.isInUse(callId) ? this.rest(callId) : this.close(card));
        const schedule = (callback, delay) => browser.setTimeout(callback, delay);
        this.timers.set(callId, [schedule(fold, FOLD_AFTER), schedule(close, CLOSE_AFTER)]);
    }

    /** Whether somebody is typing on the card, or what was typed is not saved yet. */
    isInUse(callId) {
        const isOpen = this.state.expandedId === callId;
        return (isOpen && this.isTyping()) || Boolean(this.drafts.drafts[callId]);
    }

    fold(callId) {
        if (this.state.expandedId === callId) {
            this.state.expandedId = false;
        }
    }

    hasNotes(card) {
        return Boolean(card.note || card.summary || this.drafts.drafts[card.id]);
    }

    /** Removes a card. If it was expanded, that of a running call is expanded instead. */
    remove(callId) {
        this.stopTimers(callId);
        const index = this.state.cards.findIndex((card) => card.id === callId);
        if (index >= 0) {
            this.state.cards.splice(index, 1);
        }
        if (this.state.expandedId === callId) {
            const running = this.state.cards.filter((card) => card.state !== "ended");
            this.state.expandedId = running.at(-1)?.id ?? false;
        }
    }

    /** Saves the notes. The card of a running call is folded, that of an ended one closed. */
    async finish(card) {
        if (card.state === "ended") {
            return this.close(card);
        }
        this.fold(card.id);
        await this.drafts.save(card.id);
    }

    /** Saves the notes and closes the card on all screens of the user. */
    async close(card) {
        await this.drafts.save(card.id);
        this.remove(card.id);
        await this.orm.silent.call("call.call", "action_close_card", [[card.id]]);
    }

    /** Shows the card of a call, even if it was closed or the user has turned cards off. */
    async open(callId) {
        await this.orm.call("call.call", "action_open_card", [[callId]]);
        await this.read(callId);
        const card = this.getCard(callId);
        if (card) {
            Object.assign(card, { isOpenedByUser: true });
            this.stopTimers(callId);
            this.state.expandedId = callId;
        }
    }

    /** Runs a method of the call, and the action that it returns, if any. */
    async run(card, method, ...args) {
        const action = await this.orm.call("call.call", method, [[card.id], ...args]);
        const onClose = () => this.read(card.id);
        if (action?.type) {
            await this.action.doAction(action, { onClose });
        }
        if (action?.target !== "new") {
            await onClose();
        }
    }

    /**
     * Opens the dialog that makes the call private. Until it is confirmed, the card and what was
     * typed on it stay; whatever is on the screen stays afterwards, too.
     */
    async makePrivate(card) {
        const action = await this.orm.call("call.call", "action_make_private", [[card.id]]);
        const onClose = async () => {
            if (await this.forgetPrivate(card.id)) {
                this.bus.trigger(PRIVATE_EVENT, card.id);
            }
        };
        await this.action.doAction(action, {
            additionalContext: { call_handling_stay: true },
            onClose,
        });
    }

    /** Removes the card and the draft of a call if it is private now, or gone. */
    async forgetPrivate(callId) {
        const isGone = await this.isGone(callId);
        if (isGone) {
            this.drafts.forget(callId);
            this.remove(callId);
        }
        return isGone;
    }

    async isGone(callId) {
        try {
            const orm = askPrimary(this.orm.silent);
            const [call] = await orm.read("call.call", [callId], ["is_private"]);
            return !call || call.is_private;
        } catch (error) {
            if (error instanceof RPCError) {
                return true; // the private call of somebody else
            }
            throw error;
        }
    }

    openRecord(model, id) {
        this.action.doAction({
            type: "ir.actions.act_window",
            res_model: model,
            res_id: id,
            views: [[false, "form"]],
            context: PRIMARY, // a call that has just begun may not be in a replica yet
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
