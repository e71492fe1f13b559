import { Component, onMounted, status, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { user } from "@web/core/user";
import { useService } from "@web/core/utils/hooks";

/** What an administrator still has to do until calls are logged, above the list of calls. */
export class CallOnboarding extends Component {
    static template = "call_handling.CallOnboarding";
    static props = {};

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
        this.state = useState({ steps: [] });
        // Not before: the list does not wait for it.
        onMounted(() => this.load());
    }

    get done() {
        return _t("Done");
    }

    get toDo() {
        return _t("To do");
    }

    get next() {
        return this.state.steps.find((step) => !step.is_done);
    }

    async load() {
        const isAdmin = await user.hasGroup("call_handling.group_call_handling_admin");
        if (isAdmin && status(this) === "mounted") {
            this.state.steps = await this.orm.silent.call(
                "onboarding.onboarding",
                "get_call_steps",
                []
            );
        }
    }

    async open(step) {
        const action = await this.orm.call("onboarding.onboarding.step", step.method, []);
        await this.action.doAction(action, { onClose: () => this.load() });
    }

    async close() {
        await this.orm.call("onboarding.onboarding", "action_close_call_steps", []);
        this.state.steps = [];
    }
}
