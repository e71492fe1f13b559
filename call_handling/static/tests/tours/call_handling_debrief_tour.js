import { registry } from "@web/core/registry";

const LINE = ".o_call_debrief_line";

registry.category("web_tour.tours").add("call_handling_debrief", {
    steps: () => [
        { trigger: ".o_call_debrief_toggle", run: "click" },
        {
            content: "a click on a line plays from there",
            trigger: `${LINE}:contains(Twenty tables) .o_call_debrief_jump`,
            run: "click",
        },
        {
            content: "the sound is heard, and the line is marked",
            trigger: ".o_call_player .o_call_player_clock:contains(0:21 / 0:30)",
        },
        { trigger: `${LINE}.o_call_debrief_spoken:contains(Twenty tables)` },
        { trigger: ".o_call_player_play[aria-label='Pause']", run: "click" },
        { trigger: ".o_call_player_play[aria-label='Play']" },
        {
            content: "a word is corrected",
            trigger: `${LINE}:contains(Ten chairs) .o_call_debrief_correct`,
            run: "click",
        },
        { trigger: ".o_call_debrief_edit", run: "edit Ten chains && press Enter" },
        { trigger: `${LINE} .o_call_debrief_corrected:contains(Ten chains)` },
        { trigger: `${LINE}:contains(Ten chains) .o_call_debrief_choose`, run: "click" },
        { trigger: ".o_call_debrief_summary:enabled", run: "click" },
        { trigger: ".o_notification:contains(Added to the summary)" },
        {
            content: "the form shows the summary",
            trigger: ".o_field_widget[name=summary] textarea:value(Ten chains)",
        },
    ],
});
