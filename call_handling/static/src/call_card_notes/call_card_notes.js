import { Component, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { RecordSelector } from "@web/core/record_selectors/record_selector";
import { useService } from "@web/core/utils/hooks";

/** Part of a card: notes, which are saved while the user types. */
export class CallCardNotes extends Component {
    static template = "call_handling.CallCardNotes";
    static components = { RecordSelector };
    static props = { card: Object, finish: Function };

    setup() {
        this.card = useState(this.props.card);
        this.calls = useService("call_handling.calls");
        this.drafts = useService("call_handling.drafts");
        this.typed = useState(this.drafts.drafts);
        this.states = useState(this.drafts.states);
        this.store = useService("mail.store");
    }

    get(name) {
        return this.typed[this.card.id]?.[name] ?? this.card[name];
    }

    set(name, value) {
        this.drafts.write(this.card, { [name]: value });
    }

    setProject(projectId) {
        this.drafts.write(this.card, { project_id: projectId, task_id: false });
    }

    get taskDomain() {
        return [["project_id", "=", this.get("project_id")]];
    }

    get saving() {
        const texts = {
            saving: _t("Saving …"),
            saved: _t("Saved"),
            waiting: _t("No connection. It will be saved later."),
            refused: _t("This could not be saved. Open the call and enter it there."),
        };
        return texts[this.states[this.card.id]] || "";
    }

    async remind() {
        await this.drafts.save(this.card.id);
        await this.store.scheduleActivity("call.call", [this.card.id]);
    }

    async createTask() {
        await this.drafts.save(this.card.id);
        await this.calls.run(this.card, "action_create_task");
    }
}
