import { registry } from "@web/core/registry";
import { sortBy } from "@web/core/utils/arrays";
import { GraphArchParser } from "@web/views/graph/graph_arch_parser";
import { SEP } from "@web/views/graph/graph_model";
import { GraphRenderer } from "@web/views/graph/graph_renderer";
import { graphView } from "@web/views/graph/graph_view";
import { COLORS, getLabelColors } from "../call_colors/call_colors";
import { getUnitFormats } from "../call_formats/call_formats";
import { CallPeriodSearchModel } from "../call_period/call_period_search_model";

class CallGraphArchParser extends GraphArchParser {
    /** Formats measures by their units, whichever is chosen, and counts as whole numbers. */
    parse(arch, fields = {}) {
        const archInfo = super.parse(arch, fields);
        const counts = Object.values(fields).filter(({ type }) => type === "integer");
        const formats = {
            __count: "integer",
            ...Object.fromEntries(counts.map(({ name }) => [name, "integer"])),
            ...getUnitFormats(fields),
        };
        for (const [name, widget] of Object.entries(formats)) {
            archInfo.fieldAttrs[name] = { widget, ...archInfo.fieldAttrs[name] };
        }
        return archInfo;
    }
}

/** A graph in which the same value always has the same colour. */
class CallGraphRenderer extends GraphRenderer {
    /**
     * Returns the colours of labels, by the groups that they consist of.
     *
     * @param {object[]} groupBy those that a label consists of
     * @returns {(label: string) => string|undefined}
     */
    getLabelColor(groupBy) {
        const { fields } = this.model.metaData;
        const colors = groupBy.map(({ fieldName }) => getLabelColors(fields[fieldName]));
        return (label) => {
            const parts = String(label).split(SEP);
            for (let index = colors.length - 1; index >= 0; index--) {
                const color = colors[index]?.get(parts[index]);
                if (color) {
                    return color;
                }
            }
        };
    }

    getBarChartData() {
        const data = super.getBarChartData();
        const { groupBy } = this.model.metaData;
        const ofDataset = this.getLabelColor(groupBy.slice(1));
        const ofBar = this.getLabelColor(groupBy.slice(0, 1));
        for (const dataset of data.datasets) {
            const bars = data.labels.map(ofBar);
            if (groupBy.length > 1) {
                dataset.backgroundColor = ofDataset(dataset.label) || dataset.backgroundColor;
            } else if (bars.some(Boolean)) {
                dataset.backgroundColor = bars.map((color) => color || dataset.backgroundColor);
            }
        }
        return data;
    }

    getLineChartData() {
        const data = super.getLineChartData();
        const ofDataset = this.getLabelColor(this.model.metaData.groupBy.slice(1));
        for (const dataset of data.datasets) {
            const color = ofDataset(dataset.label);
            if (color) {
                dataset.borderColor = color;
                dataset.pointBackgroundColor = color;
                dataset.hoverBackgroundColor = color;
            }
        }
        return data;
    }

    getPieChartData() {
        const data = super.getPieChartData();
        const ofLabel = this.getLabelColor(this.model.metaData.groupBy);
        for (const dataset of data.datasets) {
            const colors = dataset.backgroundColor.map(
                (color, index) => ofLabel(data.labels[index]) || color
            );
            dataset.backgroundColor = colors;
            dataset.hoverBackgroundColor = colors;
        }
        return data;
    }

    getScaleOptions() {
        const scales = super.getScaleOptions();
        const { fieldAttrs, measure } = this.model.metaData;
        if (scales.y && fieldAttrs[measure]?.widget === "integer") {
            scales.y.ticks.precision = 0;
        }
        return scales;
    }

    getLegendOptions() {
        const options = super.getLegendOptions();
        const { groupBy, mode } = this.model.metaData;
        const ofLabel = this.getLabelColor(mode === "pie" ? groupBy : []);
        const generate = options.labels.generateLabels;
        options.labels.generateLabels = (chart) =>
            generate(chart).map((item) => {
                const isMixed = Array.isArray(item.fillStyle);
                const color = isMixed ? COLORS.neutral : ofLabel(item.fullText);
                return color ? { ...item, fillStyle: color, strokeStyle: color } : item;
            });
        return options;
    }

    getTooltipItems(data, metaData, tooltipModel) {
        const points = sortBy(tooltipModel.dataPoints, "raw", "desc"); // as in the method overridden
        return super.getTooltipItems(...arguments).map((item, index) => {
            const isMixed = Array.isArray(item.boxColor);
            return isMixed ? { ...item, boxColor: item.boxColor[points[index].dataIndex] } : item;
        });
    }
}

registry.category("views").add("call_graph", {
    ...graphView,
    SearchModel: CallPeriodSearchModel,
    ArchParser: CallGraphArchParser,
    Renderer: CallGraphRenderer,
});
