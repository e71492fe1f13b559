import { SearchModel } from "@web/search/search_model";

const PERIOD = "last_30_days"; // the name of the filter
const DATES = ["date_start", "date"];

/**
 * The search of views that count calls. Where nothing says when the calls were, it begins with the
 * last 30 days: counting the whole history takes long, and is rarely wanted. It is an ordinary
 * filter, which can be removed.
 */
export class CallPeriodSearchModel extends SearchModel {
    async load(config) {
        await super.load(config);
        const filters = Object.values(this.searchItems);
        const period = filters.find(({ name, type }) => type === "filter" && name === PERIOD);
        const isAboutTime = this.domain.some((condition) => DATES.includes(condition[0]));
        if (period && !isAboutTime) {
            this.query.push({ searchItemId: period.id });
            this._reset();
        }
    }
}
