import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * Records that a call could be from or about; a click on one chooses it.
 *
 * By default these are the contacts that have the number, and the choice can be remembered.
 */
export class CallCandidatesField extends Component {
    static template = "call_handling.CallCandidatesField";
    static props = {
        ...standardFieldProps,
        method: { type: String, optional: true },
        icon: { type: String, optional: true },
    };

    setup() {
        this.action = useService("action");
        this.orm = useService("orm");
    }

    get candidates() {
        return this.props.record.data[this.props.name].records.map((record) => ({
            id: record.resId,
            name: record.data.display_name,
        }));
    }

    get areContacts() {
        return !this.props.method;
    }

    get icon() {
        return this.props.icon || "fa-user";
    }

    get title() {
        return this.areContacts
            ? _t("Set as the contact of this call")
            : _t("Set as the subject of this call");
    }

    /**
     * @param {number} candidateId
     * @param {boolean} [remember] use this contact for all calls of the number
     */
    async choose(candidateId, remember) {
        const record = this.props.record;
        if (!(await record.save())) {
            return;
        }
        const choice = this.areContacts ? [candidateId, remember] : [candidateId];
        const method = this.props.method || "action_choose_partner";
        const action = await this.orm.call("call.call", method, [[record.resId], ...choice]);
        await record.load();
        if (action?.type) {
            await this.action.doAction(action);
        }
    }
}

registry.category("fields").add("call_candidates", {
    component: CallCandidatesField,
    displayName: _t("Possible Contacts"),
    supportedOptions: [
        { label: _t("Method to choose a record"), name: "method", type: "string" },
        { label: _t("Icon"), name: "icon", type: "string" },
    ],
    supportedTypes: ["many2many"],
    relatedFields: [{ name: "display_name", type: "char" }],
    extractProps: ({ options }) => ({ method: options.method, icon: options.icon }),
});
