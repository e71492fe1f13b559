import { patch } from "@web/core/utils/patch";
import { PivotModel } from "@web/views/pivot/pivot_model";

// The server records who downloads data of calls, and of which ones.
patch(PivotModel.prototype, {
    exportData() {
        const { activeMeasures, domain, fullColGroupBys, fullRowGroupBys } = this.metaData;
        const { active_test, allowed_company_ids } = this.searchParams.context;
        return {
            ...super.exportData(),
            call_source: {
                domain: domain || this.searchParams.domain,
                fields: [...fullRowGroupBys, ...fullColGroupBys, ...activeMeasures],
                context: { active_test, allowed_company_ids },
            },
        };
    },
});
