import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

/**
 * The contacts that have the number of a call: one click tells which of them it was.
 */
export class CallCandidatesField extends Component {
    static template = "call_handling.CallCandidatesField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
    }

    get candidates() {
        return this.props.record.data[this.props.name].records.map((record) => ({
            id: record.resId,
            name: record.data.display_name,
        }));
    }

    /**
     * @param {number} partnerId
     * @param {boolean} remember the number's calls are from this contact from now on
     */
    async choose(partnerId, remember) {
        const record = this.props.record;
        if (!(await record.save())) {
            return;
        }
        await this.orm.call("call.call", "action_choose_partner", [
            [record.resId],
            partnerId,
            remember,
        ]);
        await record.load();
    }
}

registry.category("fields").add("call_candidates", {
    component: CallCandidatesField,
    displayName: _t("Possible Callers"),
    supportedTypes: ["many2many"],
    relatedFields: [{ name: "display_name", type: "char" }],
});
