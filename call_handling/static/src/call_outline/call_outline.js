import { Component, onWillStart, onWillUpdateProps, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { useConversationState } from "../call_conversation/call_conversation_state";
import { askPrimary } from "../call_primary/call_primary";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * What a language model proposes about the call of a form, each with buttons to take it over or to
 * dismiss it.
 *
 * Texts repeat what anybody may have said on the call: they are shown as plain text.
 */
export class CallOutlineField extends Component {
    static template = "call_handling.CallOutlineField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.data = useState({ outline: { state: false, points: [] }, isBusy: false });
        this.live = useConversationState(this, () =>
            this.load(this.props, this.state, askPrimary(this.orm.silent))
        );
        onWillStart(() => this.load(this.props));
        onWillUpdateProps((next) => this.load(next));
    }

    get state() {
        return this.live.value;
    }

    get isEmpty() {
        return this.data.outline.state === "here" && !this.data.outline.points.length;
    }

    get source() {
        return this.data.outline.is_from_notes
            ? _t("A language model has read the notes. Check what it says.")
            : _t("A language model has read what was said. Check what it says.");
    }

    /** @param {{ name: string }} target as what a point is taken over */
    takeOverTitle(target) {
        return _t("Take over as: %s", target.name);
    }

    async load({ record }, state = this.state, orm = this.orm) {
        if (record.resId && state && state !== "possible") {
            this.data.outline = await orm.call("call.call", "get_outline", [[record.resId]]);
        } else {
            this.data.outline = { state: false, points: [] };
        }
    }

    /** Asks for proposals about the call. */
    request() {
        return this.change("call.call", "action_request_outline", [this.props.record.resId]);
    }

    takeOver(point, target) {
        return this.change("call.outline.point", "action_take_over", [point.id], target.id);
    }

    dismiss(point) {
        return this.change("call.outline.point", "action_dismiss", [point.id]);
    }

    /** Changes something on the server, and shows what has become of it. */
    async change(model, method, ids, ...args) {
        const { record } = this.props;
        if (this.data.isBusy || !(await record.save())) {
            return;
        }
        this.data.isBusy = true;
        try {
            await this.orm.call(model, method, [ids, ...args]);
        } finally {
            this.data.isBusy = false;
            await record.load();
            await this.load(this.props, record.data[this.props.name]);
        }
    }
}

registry.category("fields").add("call_outline", {
    component: CallOutlineField,
    displayName: _t("Proposals From a Conversation"),
    supportedTypes: ["selection"],
});
