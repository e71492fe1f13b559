import { Component } from "@odoo/owl";

/** Figures by name, such as those of people or own numbers; each figure opens what it counts. */
export class CallTable extends Component {
    static template = "call_handling.CallTable";
    static props = {
        name: String, // of the first column
        columns: Array, // each: name, label, help, format, domain if it opens something
        rows: Array,
        onOpen: Function,
    };
}
