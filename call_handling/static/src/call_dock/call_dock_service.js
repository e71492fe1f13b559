import { reactive, useEffect, useExternalListener } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { localization } from "@web/core/l10n/localization";
import { registry } from "@web/core/registry";
import { user } from "@web/core/user";
import { session } from "@web/session";

const WIDTH = 368; // pixels, as in call_cards.scss
const MARGIN = 16; // pixels
const COMPOSER = 96; // pixels; where one writes in a chat
const IN_USE = ".o_action_manager, .o-mail-ChatWindow"; // where the focus is what is in use
const VISIBLE = { opacityProperty: true, visibilityProperty: true };
const OBSCURED = 0.25; // part of what has the focus that cards may cover

/**
 * Where the cards of calls are: at the lower end of the screen beside the windows of chats, or on
 * the other side, if the user has moved them there or if what is edited would be covered. If
 * chats leave no room, the cards are above the one that is the farthest from the end.
 */
export class CallDock {
    constructor() {
        this.key = `call_handling.side.${session.db}.${user.userId}`;
        this.isAtStart = browser.localStorage.getItem(this.key) === "start";
        this.hasGivenWay = false;
        this.width = browser.innerWidth;
    }

    /**
     * Whether cards can be on both sides without covering the windows of chats.
     *
     * @param {Object} chatHub of `mail.store`
     */
    hasRoom(chatHub) {
        return 2 * MARGIN + WIDTH + this.getChatSpace(chatHub) <= this.width;
    }

    /** Returns the style of the cards. */
    getStyle(chatHub) {
        if (!this.hasRoom(chatHub)) {
            return `inset-inline-start: ${MARGIN}px; inset-block-end: ${COMPOSER}px`;
        }
        return this.isAtStart !== this.hasGivenWay
            ? `inset-inline-start: ${MARGIN}px`
            : `inset-inline-end: ${MARGIN + this.getChatSpace(chatHub)}px`;
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
     * Gives way to what is in use: on the other side of the screen, or folded.
     *
     * @param {HTMLElement} cards the element of all cards
     * @param {HTMLElement} target what has the focus
     * @param {Object} options
     * @param {Object} options.chatHub of `mail.store`
     * @param {boolean} options.isSmall whether the cards are as wide as the screen
     * @param {Function} options.fold called if there is no room on the other side
     */
    giveWay(cards, target, { chatHub, isSmall, fold }) {
        const place = cards.getBoundingClientRect();
        const isObscured = this.isObscured(target, place);
        if (!isObscured && !this.coversButtons(target, place)) {
            return;
        }
        const other = !isSmall && this.hasRoom(chatHub) && this.getOtherPlace(place, chatHub);
        if (other && !this.isObscured(target, other) && !this.coversButtons(target, other)) {
            this.hasGivenWay = !this.hasGivenWay;
        } else {
            fold();
        }
    }

    /** Returns where the cards would be on the other side. */
    getOtherPlace({ y, width, height }, chatHub) {
        const isAtStart = this.isAtStart === this.hasGivenWay;
        const margin = isAtStart ? MARGIN : MARGIN + this.getChatSpace(chatHub);
        const isAtLeft = isAtStart !== (localization.direction === "rtl");
        return new DOMRect(isAtLeft ? margin : this.width - margin - width, y, width, height);
    }

    /** Whether cards cover buttons of the form in which somebody is. */
    coversButtons(target, place) {
        const buttons = target.closest(".o_form_view")?.querySelectorAll("button, .btn") || [];
        return [...buttons].some(
            (button) => button.checkVisibility(VISIBLE) && this.isObscured(button, place)
        );
    }

    isObscured(target, place) {
        const { left, right, top, bottom, width, height } = target.getBoundingClientRect();
        const across = Math.min(right, place.right) - Math.max(left, place.left);
        const down = Math.min(bottom, place.bottom) - Math.max(top, place.top);
        return across > 0 && down > 0 && across * down > OBSCURED * width * height;
    }
}

/**
 * Keeps the cards away from what is in use, and lets views be scrolled out from below them.
 *
 * @param {CallDock} dock
 * @param {Object} ref of the element of all cards
 * @param {Function} getOptions returns the options of `giveWay`
 */
export function useDock(dock, ref, getOptions) {
    const giveWay = (target) => {
        if (ref.el && target.closest(IN_USE)) {
            dock.giveWay(ref.el, target, getOptions());
        }
    };
    useExternalListener(browser, "resize", () => (dock.width = browser.innerWidth));
    useExternalListener(document, "focusin", ({ target }) => giveWay(target));
    useEffect(
        (cards) => {
            if (!cards) {
                return;
            }
            const { style } = document.documentElement;
            const observer = new ResizeObserver(() => {
                style.setProperty("--o-call-cards-height", `${cards.offsetHeight}px`);
                giveWay(document.activeElement);
            });
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
