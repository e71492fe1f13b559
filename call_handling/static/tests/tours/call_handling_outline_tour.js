import { registry } from "@web/core/registry";

const point = (text) => `.o_call_outline_point:contains(${text})`;

registry.category("web_tour.tours").add("call_handling_outline", {
    steps: () => [
        {
            content: "what was said becomes the summary with a click",
            trigger: `${point("The heating is cold again.")} button:contains(Summary)`,
            run: "click",
        },
        { trigger: `${point("The heating is cold again.")}:contains(Taken over as Summary by Alice)` },
        {
            content: "the form shows the summary",
            trigger: ".o_field_widget[name=summary] textarea:value(The heating is cold again.)",
        },
        {
            content: "another proposal is a reminder with its date",
            trigger: `${point("Send a technician")}:contains(11/30/2026) button:contains(Reminder)`,
            run: "click",
        },
        { trigger: `${point("Send a technician")}:contains(Taken over as Reminder by Alice)` },
        {
            content: "what is of no use is dismissed",
            trigger: `${point("Which boiler is it?")} button:contains(Dismiss)`,
            run: "click",
        },
        { trigger: `${point("Which boiler is it?")}:contains(Dismissed by Alice)` },
        {
            content: "the others wait",
            trigger: `${point("Somebody comes on Monday.")} button:contains(Note)`,
        },
    ],
});
