import { reactive } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { ConnectionLostError } from "@web/core/network/rpc";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { uniqueId } from "@web/core/utils/functions";
import { session } from "@web/session";

export const TYPING = 700; // milliseconds after the last key press until the draft is saved
export const RETRY = 5000; // milliseconds until the next try after a lost connection

/**
 * Values entered on cards that the server has not confirmed yet. The browser stores them, so that
 * neither a reload nor a lost connection loses them.
 */
export class CallDrafts {
    constructor({ orm }) {
        Object.assign(this, { orm, timers: {}, saving: {}, cards: {} });
        this.prefix = `call_handling.draft.${session.db}.${user.userId}.`;
        this.screen = `${uniqueId("screen")}.${Math.random().toString(36).slice(2)}`;
        this.drafts = reactive(this.load());
        this.states = reactive({}); // by id of the call: saving, saved, waiting, refused
        browser.addEventListener("online", () => this.saveAll());
    }

    /** Returns drafts that an earlier page could not save. */
    load() {
        const storage = browser.localStorage;
        const keys = [...Array(storage.length).keys()].map((index) => storage.key(index));
        const own = keys.filter((key) => key.startsWith(this.prefix));
        const parse = (key) => [key.slice(this.prefix.length), JSON.parse(storage.getItem(key))];
        return Object.fromEntries(own.map(parse));
    }

    store(callId) {
        const draft = this.drafts[callId];
        if (draft) {
            browser.localStorage.setItem(this.prefix + callId, JSON.stringify(draft));
        } else {
            browser.localStorage.removeItem(this.prefix + callId);
        }
    }

    /** Stores values that were entered on the card. */
    write(card, values) {
        const draft = this.drafts[card.id] || {};
        const base = "note" in values && !("base" in draft) ? { base: card.note } : {};
        this.drafts[card.id] = { ...draft, ...base, ...values };
        this.cards[card.id] = card;
        this.states[card.id] = "saving";
        this.store(card.id);
        this.schedule(card.id, TYPING);
    }

    schedule(callId, delay) {
        browser.clearTimeout(this.timers[callId]);
        this.timers[callId] = browser.setTimeout(() => this.save(callId), delay);
    }

    /** Discards the draft of a call that is private now, so that the browser does not keep it. */
    forget(callId) {
        browser.clearTimeout(this.timers[callId]);
        delete this.drafts[callId];
        delete this.states[callId];
        this.store(callId);
    }

    /** Moves the draft of a call to another one, of which it has become part. */
    move(callId, joinedId) {
        const draft = this.drafts[callId];
        if (!draft) {
            return;
        }
        const existing = this.drafts[joinedId] || {};
        const joined = { ...draft, ...existing };
        if (existing.note && draft.note) {
            joined.note = `${existing.note}\n${draft.note}`;
        }
        this.forget(callId);
        this.drafts[joinedId] = joined;
        this.cards[joinedId] = this.cards[joinedId] || this.cards[callId];
        delete this.cards[callId];
        this.states[joinedId] = "saving";
        this.store(joinedId);
        this.schedule(joinedId, TYPING);
    }

    saveAll() {
        return Promise.all(Object.keys(this.drafts).map((callId) => this.save(Number(callId))));
    }

    /** Saves a draft once the previous save is done, as the next one is based on its result. */
    async save(callId) {
        browser.clearTimeout(this.timers[callId]);
        await this.saving[callId];
        if (this.drafts[callId]) {
            this.saving[callId] = this.send(callId, { ...this.drafts[callId] });
            await this.saving[callId];
        }
    }

    async send(callId, sent) {
        try {
            const args = [callId, sent, this.screen];
            await this.orm.silent.call("call.call", "save_card", args);
            this.confirm(callId, sent);
        } catch (error) {
            if (!this.drafts[callId]) {
                return; // the call was made private meanwhile
            }
            if (error instanceof ConnectionLostError) {
                this.states[callId] = "waiting";
                this.schedule(callId, RETRY);
            } else {
                this.states[callId] = "refused";
            }
        }
    }

    /** Removes saved values from the draft; those entered during the save stay. */
    confirm(callId, { base, ...sent }) {
        const draft = this.drafts[callId];
        if (!draft) {
            return; // the call was made private meanwhile
        }
        const unsaved = Object.entries(draft).filter(([name, value]) => value !== sent[name]);
        const rest = Object.fromEntries(unsaved.filter(([name]) => name !== "base"));
        Object.assign(this.cards[callId] || {}, sent);
        if (Object.keys(rest).length) {
            this.drafts[callId] = { ...rest, ...("note" in rest && { base: sent.note ?? base }) };
            this.schedule(callId, TYPING);
        } else {
            delete this.drafts[callId];
            this.states[callId] = "saved";
        }
        this.store(callId);
    }
}

export const callDraftsService = {
    dependencies: ["orm"],
    start: (env, services) => new CallDrafts(services),
};

registry.category("services").add("call_handling.drafts", callDraftsService);
