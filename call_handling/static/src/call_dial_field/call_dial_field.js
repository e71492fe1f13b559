import { Component } from "@odoo/owl";
import { AutoComplete } from "@web/core/autocomplete/autocomplete";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** Input that dials a typed number, or a number of a contact that it finds. */
export class CallDialField extends Component {
    static template = "call_handling.CallDialField";
    static components = { AutoComplete };
    static props = { onDialled: { type: Function, optional: true } };

    setup() {
        this.orm = useService("orm");
        this.dialler = useService("call_handling.dialler");
    }

    get sources() {
        return [{ options: (term) => this.find(term), optionSlot: "option" }];
    }

    async find(term) {
        const found = await this.orm.silent.call("call.dial", "find", [term]);
        const contacts = found.flatMap((contact) =>
            contact.numbers.map(({ number, label }) => ({
                label: [contact.name, contact.company].filter(Boolean).join(", "),
                data: { number, kind: label },
                onSelect: () => this.dial(number, contact.id),
            }))
        );
        const asTyped = { label: _t("Call this number"), data: { number: term, kind: "" } };
        const isNumber = /^[\d\s+*#()/.-]{2,}$/.test(term);
        return contacts.concat(isNumber ? { ...asTyped, onSelect: () => this.dial(term) } : []);
    }

    dial(number, partnerId) {
        this.props.onDialled?.();
        const resModel = partnerId && "res.partner";
        return this.dialler.dial(number, { resModel, resId: partnerId });
    }

    get placeholder() {
        return _t("Call a name or a number");
    }
}
