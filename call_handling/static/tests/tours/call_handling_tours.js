import { registry } from "@web/core/registry";
import { rpc } from "@web/core/network/rpc";

const CALL = "tour-1";
const PHONE = { call: CALL, leg: `${CALL}-201`, extension: "201" };
const RINGING = {
    ...PHONE,
    event: "ringing",
    direction: "incoming",
    from: "+12025550142",
    to: "+493023125610",
};

/** Calls a method of a model, as the web client does. */
function callMethod(model, method, args) {
    const route = `/web/dataset/call_kw/${model}/${method}`;
    return rpc(route, { model, method, args, kwargs: {} });
}

/** Sends events to the simulated telephone system. */
async function sendEvents(...events) {
    const [pbxId] = await callMethod("call.pbx", "search", [[["adapter", "=", "demo"]]]);
    await callMethod("call.pbx", "perform", [pbxId, events]);
}

registry.category("web_tour.tours").add("call_handling_card", {
    steps: () => [
        {
            content: "an incoming call rings",
            trigger: ".o_call_menu_button",
            run: () => sendEvents(RINGING),
        },
        {
            content: "the card shows the contact and the line",
            trigger: ".o_call_card_ringing:contains(Jane Roe):contains(Nordwind AG)",
        },
        {
            trigger: ".o_call_card_line:contains(Sales hotline)",
            run: () => sendEvents({ ...PHONE, event: "answered" }),
        },
        {
            content: "the call is answered, and a summary is typed",
            trigger: ".o_call_card_ongoing .o_call_card_summary",
            run: "edit Wants an offer",
        },
        {
            trigger: ".o_call_card_note",
            run: "edit Ten chairs, until Friday",
        },
        {
            content: "the notes are saved automatically",
            trigger: ".o_call_card_saving:contains(Saved)",
            run: () => sendEvents({ call: CALL, event: "ended", cause: "normal" }),
        },
        {
            content: "the card stays after the end of the call",
            trigger: ".o_call_card_ended .o_call_card_note",
            run: "press ctrl+Enter",
        },
        { trigger: "body:not(:has(.o_call_card))" },
        {
            content: "the list shows the summary",
            trigger: ".o_data_row:contains(Jane Roe) [name=summary]:contains(Wants an offer)",
        },
    ],
});

registry.category("web_tour.tours").add("call_handling_dial", {
    steps: () => [
        {
            content: "the number of a contact is clicked",
            trigger: ".o_field_phone .o_call_dial_button",
            run: "click",
        },
        { trigger: ".o_notification:contains(Your phone 201 rings)" },
        {
            content: "the user's phone rings",
            trigger: ".o_call_card_ringing:contains(Jane Roe):contains(Calling)",
        },
        {
            content: "the remote party answers",
            trigger: ".o_call_card_ongoing .o_call_card_summary",
            run: "edit Asked about the offer",
        },
        {
            trigger: ".o_call_card_saving:contains(Saved)",
        },
        {
            content: "the call links to the record that it was dialled from",
            trigger: ".o_call_card button[title='Open the call']",
            run: "click",
        },
        { trigger: "button[name=action_view_record]:contains(Jane Roe)" },
    ],
});

/** Lets the call ring and be answered, with a summary on its card. */
const TALKING = [
    {
        content: "an incoming call rings, and is answered",
        trigger: ".o_call_menu_button",
        run: () => sendEvents(RINGING, { ...PHONE, event: "answered" }),
    },
    {
        trigger: ".o_call_card_ongoing .o_call_card_summary",
        run: "edit Dinner at eight",
    },
];

function chooseFromCard(label) {
    return [
        { trigger: ".o_call_card_more", run: "click" },
        { trigger: `.o-dropdown-item:contains(${label})`, run: "click" },
    ];
}

registry.category("web_tour.tours").add("call_handling_private", {
    steps: () => [
        ...TALKING,
        ...chooseFromCard("Private"),
        {
            content: "a dialog asks; whoever closes it has changed nothing",
            trigger: ".modal .btn-close",
            run: "click",
        },
        { trigger: "body:not(:has(.modal)) .o_call_card_saving:contains(Saved)" },
        ...chooseFromCard("Private"),
        {
            trigger: ".modal .modal-footer button:first",
            run: "click",
        },
        {
            content: "after one dialog the call is private, and its card is gone",
            trigger: "body:not(:has(.modal)):not(:has(.o_call_card))",
        },
    ],
});

registry.category("web_tour.tours").add("call_handling_unwanted", {
    steps: () => [
        ...TALKING,
        ...chooseFromCard("Unwanted"),
        {
            content: "the dialog says that somebody else decides",
            trigger: ".modal:contains(decides) button:contains(Propose)",
            run: "click",
        },
        { trigger: ".o_notification:contains(Proposed)" },
        {
            content: "until then, the card stays",
            trigger: "body:not(:has(.modal)) .o_call_card_summary:value(Dinner at eight)",
        },
    ],
});

registry.category("web_tour.tours").add("call_handling_control", {
    steps: () => [
        {
            content: "a call that rings can be rejected",
            trigger: ".o_call_menu_button",
            run: () => sendEvents(RINGING),
        },
        {
            trigger: ".o_call_card_ringing [data-action=hang_up]:contains(Reject)",
            run: () => sendEvents({ ...PHONE, event: "answered" }),
        },
        {
            content: "the caller is put on hold while a summary is typed",
            trigger: ".o_call_card_ongoing .o_call_card_summary",
            run: "edit Wants to speak with Bob",
        },
        { trigger: ".o_call_card_ongoing [data-action=hold]", run: "click" },
        { trigger: ".o_call_card_state:contains(On hold)" },
        { trigger: "[data-action=resume]:not(.disabled)", run: "click" },
        { trigger: ".o_call_card_state:contains(Talking)" },
        {
            content: "the call is transferred to a colleague",
            trigger: "[data-action=transfer]:not(.disabled)",
            run: "click",
        },
        { trigger: ".o_call_transfer_search", run: "edit 202" },
        {
            trigger: ".o_call_transfer_targets:not(:has(li:nth-child(2))) li:contains(202)",
            run: "click",
        },
        { trigger: ".o_call_transfer_confirm:contains(Transfer to bob)", run: "click" },
        {
            content: "the card of who transferred it stays, with the notes",
            trigger: ".o_call_card_ended:not(:has(.o_call_transfer)) .o_call_card_summary",
        },
        { trigger: ".o_call_card_ended:not(:has([data-action]))" },
    ],
});

registry.category("web_tour.tours").add("call_handling_transferred", {
    steps: () => [
        {
            content: "the transferred call rings at the colleague's",
            trigger: ".o_call_card_ringing:contains(Jane Roe) [data-action=hang_up]",
            run: "click",
        },
        { trigger: "body:not(:has(.o_call_card_ringing))" },
    ],
});

registry.category("web_tour.tours").add("call_handling_decide", {
    steps: () => [
        {
            content: "the phone in the top bar says that something waits for a decision",
            trigger: ".o_call_menu_button",
            run: "click",
        },
        { trigger: ".o_call_menu_proposals:contains(1)", run: "click" },
        { trigger: ".o_data_row:contains(Unwanted) button[name=action_confirm]", run: "click" },
        { trigger: ".o_view_nocontent:contains(Nothing to decide)" },
    ],
});

registry.category("web_tour.tours").add("call_handling_health", {
    steps: () => [
        {
            content: "all telephone systems at a glance",
            trigger: ".o_kanban_record:contains(Office) .o_call_light[data-state=error]",
            run: "click",
        },
        {
            content: "the page says what is wrong, and shows the hours of today",
            trigger: ".o_call_findings li[data-name=refused]",
        },
        { trigger: ".o_call_hours_now" },
        {
            content: "the button leads to the requests",
            trigger: ".o_call_findings li[data-name=refused] button",
            run: "click",
        },
        { trigger: ".o_data_row:contains(403):contains(The signature was missing)" },
        {
            trigger: ".o_back_button, .breadcrumb-item:last a",
            run: "click",
        },
        {
            trigger: "button[name=action_view_settings]",
            run: "click",
        },
        { trigger: ".o_form_view button[name=action_new_address]" },
    ],
});

registry.category("web_tour.tours").add("call_handling_log", {
    steps: () => [
        {
            content: "a call without a telephone system is logged from its contact",
            trigger: "button[name=action_log_call]",
            run: "click",
        },
        {
            content: "the contact is filled in already, so the summary is next",
            trigger: ".modal [name=summary] textarea:focus",
            run: "edit Asked for an offer",
        },
        {
            trigger: ".modal [name=new_note] .odoo-editor-editable",
            run: "editor Ten chairs",
        },
        { trigger: ".modal button[special=save], .modal .o_form_button_save", run: "click" },
        {
            content: "an answered call without a talk time is questioned",
            trigger: ".modal:contains(How long did you talk?) button:contains(Enter It)",
            run: "click",
        },
        {
            trigger: ".modal [name=talk_seconds] input",
            run: "edit 3:00 && press Tab",
        },
        { trigger: ".modal button[name=action_open]", run: "click" },
        {
            content: "the call opens, with its note",
            trigger: ".o_form_view [name=note_ids]:contains(Ten chairs)",
        },
        { trigger: ".o_form_view [name=talk_seconds] input:value(3:00)" },
    ],
});

registry.category("web_tour.tours").add("call_handling_onboarding", {
    steps: () => [
        {
            content: "the first steps are above the empty list, and the next one has a button",
            trigger: ".o_call_onboarding li:first-child button:contains(Connect)",
            run: "click",
        },
        { trigger: ".o_form_view .o_call_systems" },
        { trigger: ".o_breadcrumb", run: () => history.back() },
        {
            content: "they can be hidden",
            trigger: ".o_call_onboarding .btn-close",
            run: "click",
        },
        { trigger: ".o_list_view:not(:has(.o_call_onboarding))" },
    ],
});

registry.category("web_tour.tours").add("call_handling_dashboard", {
    steps: () => [
        {
            content: "the calls of the last days, and how many were answered",
            trigger: ".o_call_tile[data-name=answer_rate]:contains(50%):contains(1 of 2)",
        },
        {
            content: "today only",
            trigger: ".o_call_dashboard button[data-period=today]",
            run: "click",
        },
        {
            content: "a bar opens its calls",
            trigger: ".o_call_dashboard button.active[data-period=today]",
        },
        { trigger: ".o_call_bar button[data-color=missed]", run: "click" },
        { trigger: ".o_list_view .o_data_row:contains(0143)" },
        { trigger: ".o_list_view:not(:has(.o_data_row:nth-child(2)))" },
        { trigger: ".breadcrumb-item a, .o_back_button", run: "click" },
        {
            content: "the dashboard is as it was left",
            trigger: ".o_call_dashboard button.active[data-period=today]",
        },
        {
            content: "who has not been called back",
            trigger: ".o_call_tile[data-name=callbacks] .btn:contains(1)",
            run: "click",
        },
        { trigger: ".o_list_view .o_data_row:contains(0143)" },
        { trigger: ".breadcrumb-item a, .o_back_button", run: "click" },
        {
            content: "a figure of a person opens that person's parts in calls",
            trigger: ".o_call_table tr:contains(alice) td[data-name=taken] button:contains(1)",
            run: "click",
        },
        { trigger: ".o_list_view .o_data_row:contains(Taken)" },
    ],
});
