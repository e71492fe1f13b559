import { Component, onWillDestroy, onWillStart, useEffect, useRef, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { useDropdownState } from "@web/core/dropdown/dropdown_hooks";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";
import { CallDialButton } from "../call_dial_button/call_dial_button";
import { CallDialField } from "../call_dial_field/call_dial_field";
import { CallLine } from "../call_line/call_line";
import { askPrimary } from "../call_primary/call_primary";

export const PAUSE = 1500; // milliseconds; several changes cause one request

/** Systray menu with running calls, calls to call back, last calls and the user's status. */
export class CallMenu extends Component {
    static template = "call_handling.CallMenu";
    static components = { CallDialButton, CallDialField, CallLine, Dropdown };
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.alerts = useService("call_handling.alerts");
        this.calls = useState(useService("call_handling.calls"));
        this.dropdown = useDropdownState();
        this.state = useState({ menu: null, canAsk: this.alerts.canAsk });
        const listener = () => this.readSoon();
        this.calls.listeners.add(listener);
        onWillDestroy(() => {
            this.calls.listeners.delete(listener);
            browser.clearTimeout(this.timer);
        });
        onWillStart(() => {
            this.read();
        });
        const content = useRef("content");
        useEffect(
            (element) => this.describe(element),
            () => [content.el]
        );
    }

    get title() {
        return this.calls.isBusy ? _t("Calls: do not disturb") : _t("Calls");
    }

    get count() {
        return this.state.menu?.to_call_back_count || 0;
    }

    get canDial() {
        return Boolean(this.calls.preferences.dials);
    }

    readSoon() {
        browser.clearTimeout(this.timer);
        this.timer = browser.setTimeout(() => this.read(askPrimary(this.orm.silent)), PAUSE);
    }

    async read(orm = this.orm.silent) {
        this.state.menu = await orm.call("call.call", "get_menu", []);
    }

    /** It has sections, a field and a switch: no menu, as dropdowns are by default. */
    describe(content) {
        const popover = content?.closest("[role=menu]");
        popover?.setAttribute("role", "dialog");
        popover?.setAttribute("aria-label", _t("Calls"));
    }

    showCard({ id }) {
        this.dropdown.close();
        return this.calls.open(id);
    }

    toggleStatus() {
        const status = this.calls.isBusy ? "available" : "busy";
        return this.calls.setPreferences({ call_status: status });
    }

    async allowNotifications() {
        await this.alerts.ask();
        this.state.canAsk = this.alerts.canAsk;
    }

    openProposals() {
        this.dropdown.close();
        this.action.doAction("call_handling.call_proposal_action");
    }

    async openCallBack() {
        this.dropdown.close();
        this.action.doAction(await this.orm.call("call.call", "action_view_call_back", [[]]));
    }
}

registry
    .category("systray")
    .add(
        "call_handling.CallMenu",
        { Component: CallMenu, isDisplayed: () => Boolean(session.call_handling) },
        { sequence: 24 }
    );
