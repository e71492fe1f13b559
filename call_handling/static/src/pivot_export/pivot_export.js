import { patch } from "@web/core/utils/patch";
import { PivotModel } from "@web/views/pivot/pivot_model";

// The server records who downloads data of calls, and of which ones, and writes durations and shares
// as such.
patch(PivotModel.prototype, {
    exportData() {
        const { activeMeasures, domain, fullColGroupBys, fullRowGroupBys } = this.metaData;
        const { active_test, allowed_company_ids } = this.searchParams.context;
        const data = super.exportData();
        const units = activeMeasures.map((name) => this.metaData.fields[name]?.unit || "");
        if (units.some(Boolean)) {
            data.call_units = units;
            for (const cell of data.rows.flatMap((row) => row.values)) {
                cell.value = cell.value === false ? "" : cell.value; // nothing was counted
            }
        }
        return {
            ...data,
            call_source: {
                domain: domain || this.searchParams.domain,
                fields: [...fullRowGroupBys, ...fullColGroupBys, ...activeMeasures],
                context: { active_test, allowed_company_ids },
            },
        };
    },
});
