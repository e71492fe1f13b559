import { Component } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";

const OFFICE = [8, 17];

/** When calls are missed: weekdays and hours. Each cell opens its missed calls. */
export class CallHeat extends Component {
    static template = "call_handling.CallHeat";
    static props = { heat: Object, onOpen: Function };

    get hours() {
        const hours = this.props.heat.cells.map(({ hour }) => Number(hour));
        const first = Math.min(OFFICE[0], ...hours);
        const last = Math.max(OFFICE[1], ...hours);
        return Array.from({ length: last - first + 1 }, (_, index) =>
            String(first + index).padStart(2, "0")
        );
    }

    get most() {
        return Math.max(1, ...this.props.heat.cells.map(({ missed }) => missed));
    }

    getCell(weekday, hour) {
        const isCell = (cell) => cell.weekday === weekday && cell.hour === hour;
        return this.props.heat.cells.find(isCell) || { weekday, hour, offered: 0, missed: 0 };
    }

    /** How strong the colour is. The lowest step is visible, and text stays readable on each. */
    getStrength({ missed }) {
        return missed ? `--call-heat: ${15 + Math.round((45 * missed) / this.most)}%` : "";
    }

    getTitle(day, { hour, offered, missed }) {
        return _t("%(day)s, %(hour)s:00: %(missed)s of %(offered)s calls missed", {
            day,
            hour,
            missed,
            offered,
        });
    }
}
