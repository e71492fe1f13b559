import { Component, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** Button that dials a number, with a menu of the other numbers of the contact. */
export class CallDialButton extends Component {
    static template = "call_handling.CallDialButton";
    static components = { Dropdown, DropdownItem };
    static props = {
        number: String,
        resModel: { type: String, optional: true },
        resId: { type: [Number, Boolean], optional: true },
        hasText: { type: Boolean, optional: true },
        isSingle: { type: Boolean, optional: true },
    };

    setup() {
        this.orm = useService("orm");
        this.dialler = useService("call_handling.dialler");
        this.state = useState({ numbers: [] });
    }

    get title() {
        return _t("Call %(number)s", { number: this.props.number });
    }

    dial(number) {
        const { resModel, resId } = this.props;
        return this.dialler.dial(number, { resModel, resId: resId || undefined });
    }

    async readNumbers() {
        const { resModel, resId } = this.props;
        this.state.numbers = await this.orm.call("call.dial", "get_numbers", [resModel, resId]);
    }
}
