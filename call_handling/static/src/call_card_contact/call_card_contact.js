import { Component, useState } from "@odoo/owl";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { useService } from "@web/core/utils/hooks";

/** Part of a card: the contact, and actions to set it. */
export class CallCardContact extends Component {
    static template = "call_handling.CallCardContact";
    static components = { RecordSelector };
    static props = { card: Object };

    setup() {
        this.card = useState(this.props.card);
        this.orm = useService("orm");
        this.calls = useService("call_handling.calls");
        this.state = useState({ isChoosing: false });
    }

    get ids() {
        return [this.card.id];
    }

    openContact() {
        this.calls.openRecord("res.partner", this.card.partner_id);
    }

    async choose(partnerId, remember) {
        await this.calls.run(this.card, "action_choose_partner", partnerId, remember);
    }

    /** Links the call, and later ones of the number, with the contact. */
    async identify(partnerId) {
        if (partnerId && this.card.can.add_number) {
            await this.orm.call("call.call", "action_add_number", [this.ids, partnerId]);
            await this.calls.read(this.card.id);
        } else if (partnerId) {
            await this.choose(partnerId, true);
        }
    }

    run(method) {
        return this.calls.run(this.card, method);
    }
}
