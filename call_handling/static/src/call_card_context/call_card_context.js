import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { CallLine } from "../call_line/call_line";

/** Part of a card: last calls, open records and unpaid invoices. */
export class CallCardContext extends Component {
    static template = "call_handling.CallCardContext";
    static components = { CallLine };
    static props = { card: Object };

    setup() {
        this.card = useState(this.props.card);
        this.calls = useService("call_handling.calls");
        this.action = useService("action");
    }

    openAll({ label, model, domain }) {
        this.action.doAction({
            type: "ir.actions.act_window",
            name: label,
            res_model: model,
            views: [
                [false, "list"],
                [false, "form"],
            ],
            domain,
        });
    }

    openUnpaid() {
        const { domain } = this.card.unpaid;
        this.openAll({ label: _t("Unpaid Invoices"), model: "account.move", domain });
    }
}
