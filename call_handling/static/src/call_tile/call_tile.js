import { Component } from "@odoo/owl";

/** One figure with its name, its formula as a tooltip, and what it was before. */
export class CallTile extends Component {
    static template = "call_handling.CallTile";
    static props = {
        name: String, // for tests and styles
        label: String,
        value: String,
        detail: { type: String, optional: true },
        before: { type: String, optional: true },
        help: { type: String, optional: true },
        tone: { type: [String, Boolean], optional: true }, // good, bad
        onOpen: { type: Function, optional: true },
        slots: { type: Object, optional: true },
    };
}
