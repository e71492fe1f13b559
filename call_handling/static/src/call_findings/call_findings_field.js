import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const ICONS = {
    danger: { icon: "fa-times-circle text-danger", label: _t("Severe") },
    warning: { icon: "fa-exclamation-triangle text-warning", label: _t("Warning") },
    info: { icon: "fa-info-circle text-info", label: _t("Hint") },
};

/** What an administrator should know about a record, with a button that leads there. */
export class CallFindingsField extends Component {
    static template = "call_handling.CallFindingsField";
    static props = { ...standardFieldProps };

    setup() {
        this.orm = useService("orm");
        this.action = useService("action");
    }

    get findings() {
        const findings = this.props.record.data[this.props.name] || [];
        return findings.map((finding) => ({ ...finding, ...ICONS[finding.severity] }));
    }

    async open(finding) {
        const record = this.props.record;
        if (await record.save()) {
            const action = await this.orm.call(record.resModel, finding.method, [[record.resId]]);
            // nothing is left to do if somebody else has done it meanwhile
            await this.action.doAction(action || { type: "ir.actions.client", tag: "soft_reload" });
        }
    }
}

registry.category("fields").add("call_findings", {
    component: CallFindingsField,
    displayName: _t("Findings"),
    supportedTypes: ["json"],
});
