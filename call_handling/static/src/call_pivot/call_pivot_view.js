import { registry } from "@web/core/registry";
import { pivotView } from "@web/views/pivot/pivot_view";
import { getUnitFormats } from "../call_formats/call_formats";
import { CallPeriodSearchModel } from "../call_period/call_period_search_model";

registry.category("views").add("call_pivot", {
    ...pivotView,
    SearchModel: CallPeriodSearchModel,
    /** Formats measures by their units, whichever are chosen. */
    props(genericProps, view) {
        const props = pivotView.props(genericProps, view);
        const { metaData } = props.modelParams;
        if (metaData) {
            metaData.widgets = { ...getUnitFormats(metaData.fields), ...metaData.widgets };
        }
        return props;
    },
});
