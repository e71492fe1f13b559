import { reactive, useEffect, useExternalListener } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { session } from "@web/session";

const WIDTH = 368; // pixels, as in call_cards.scss
const MARGIN = 16; // pixels
const OBSCURED = 0.25; // part of what has the focus that cards may cover

/**
 * Where the cards of calls are: at the lower end of the screen beside the windows of chats, or on
 * the other side, if the user has moved them there or if what is edited would be covered.
 */
export class CallDock {
    constructor() {
        this.key = `call_handling.side.${session.db}.${user.userId}`;
        this.isAtStart = browser.localStorage.getItem(this.key) === "start";
        this.hasGivenWay = false;
        this.width = browser.innerWidth;
    }

    /**
     * Returns the style of the cards.
     *
     * @param {Object} chatHub of `mail.store`
     */
    getStyle(chatHub) {
        const space = MARGIN + this.getChatSpace(chatHub);
        const hasRoom = space + WIDTH + MARGIN <= this.width;
        const isAtStart = this.isAtStart !== this.hasGivenWay || !hasRoom;
        return isAtStart ? `inset-inline-start: ${MARGIN}px` : `inset-inline-end: ${space}px`;
    }

    /** Returns how many pixels the windows and bubbles of chats take. */
    getChatSpace(chatHub) {
        if (!chatHub.showConversations) {
            return 0;
        }
        const { BUBBLE_START, BUBBLE, BUBBLE_OUTER, WINDOW, WINDOW_INBETWEEN } = chatHub;
        const isShown = (chat) => chat.canShow && (!chatHub.compact || chat.bypassCompact);
        const windows = chatHub.opened.filter(isShown).length;
        return (
            BUBBLE_START + BUBBLE + BUBBLE_OUTER + windows * (WINDOW + 2 * WINDOW_INBETWEEN)
        );
    }

    /** Moves the cards to the other side of the screen, also for the next time. */
    changeSide() {
        this.isAtStart = this.isAtStart === this.hasGivenWay;
        this.hasGivenWay = false;
        browser.localStorage.setItem(this.key, this.isAtStart ? "start" : "end");
    }

    /**
     * Gives way to what has the focus: on the other side of the screen, or folded.
     *
     * @param {HTMLElement} cards the element of all cards
     * @param {HTMLElement} target what has the focus
     * @param {Function} fold called if there is no room on the other side
     */
    giveWay(cards, target, fold) {
        const place = cards.getBoundingClientRect();
        if (!this.isObscured(target, place)) {
            return;
        }
        const left = this.width - place.right;
        const other = new DOMRect(left, place.y, place.width, place.height);
        if (this.isObscured(target, other)) {
            fold();
        } else {
            this.hasGivenWay = !this.hasGivenWay;
        }
    }

    isObscured(target, place) {
        const { left, right, top, bottom, width, height } = target.getBoundingClientRect();
        const across = Math.min(right, place.right) - Math.max(left, place.left);
        const down = Math.min(bottom, place.bottom) - Math.max(top, place.top);
        return across > 0 && down > 0 && across * down > OBSCURED * width * height;
    }
}

/**
 * Keeps the cards away from what has the focus, and lets views be scrolled out from below them.
 *
 * @param {CallDock} dock
 * @param {Object} ref of the element of all cards
 * @param {Function} fold folds the open card
 */
export function useDock(dock, ref, fold) {
    useExternalListener(browser, "resize", () => (dock.width = browser.innerWidth));
    useExternalListener(document, "focusin", ({ target }) => {
        const isView = target.closest(".o_action_manager");
        if (ref.el && isView) {
            dock.giveWay(ref.el, target, fold);
        }
    });
    useEffect(
        (cards) => {
            if (!cards) {
                return;
            }
            const { style } = document.documentElement;
            const observer = new ResizeObserver(() =>
                style.setProperty("--o-call-cards-height", `${cards.offsetHeight}px`)
            );
            observer.observe(cards);
            return () => {
                observer.disconnect();
                style.removeProperty("--o-call-cards-height");
            };
        },
        () => [ref.el]
    );
}

export const callDockService = {
    start: () => reactive(new CallDock()),
};

registry.category("services").add("call_handling.dock", callDockService);
