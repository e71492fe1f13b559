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
function call(model, method, args) {
    const route = `/web/dataset/call_kw/${model}/${method}`;
    return rpc(route, { model, method, args, kwargs: {} });
}

/** Lets events happen at the simulated telephone system. */
async function happen(...events) {
    const [pbxId] = await call("call.pbx", "search", [[["adapter", "=", "demo"]]]);
    await call("call.pbx", "perform", [pbxId, events]);
}

registry.category("web_tour.tours").add("call_handling_card", {
    steps: () => [
        {
            content: "the telephone rings",
            trigger: ".o_call_menu_button",
            run: () => happen(RINGING),
        },
        {
            content: "the card says who it is, and on which line",
            trigger: ".o_call_card_ringing:contains(Jane Roe):contains(Nordwind AG)",
        },
        {
            trigger: ".o_call_card_line:contains(Sales hotline)",
            run: () => happen({ ...PHONE, event: "answered" }),
        },
        {
            content: "it is picked up, and the summary is typed",
            trigger: ".o_call_card_ongoing .o_call_card_summary",
            run: "edit Wants an offer",
        },
        {
            trigger: ".o_call_card_note",
            run: "edit Ten chairs, until Friday",
        },
        {
            content: "it is saved without a click",
            trigger: ".o_call_card_saving:contains(Saved)",
            run: () => happen({ call: CALL, event: "ended", cause: "normal" }),
        },
        {
            content: "the call has ended, the card is still there",
            trigger: ".o_call_card_ended .o_call_card_note",
            run: "press ctrl+Enter",
        },
        { trigger: "body:not(:has(.o_call_card))" },
        {
            content: "the summary is in the list",
            trigger: ".o_data_row:contains(Jane Roe) [name=summary]:contains(Wants an offer)",
        },
    ],
});

registry.category("web_tour.tours").add("call_handling_dial", {
    steps: () => [
        {
            content: "a click on the number of a contact",
            trigger: ".o_field_phone .o_call_dial_button",
            run: "click",
        },
        { trigger: ".o_notification:contains(Your phone 201 rings)" },
        {
            content: "the own phone rings",
            trigger: ".o_call_card_ringing:contains(Jane Roe):contains(Calling)",
        },
        {
            content: "the other side answers",
            trigger: ".o_call_card_ongoing .o_call_card_summary",
            run: "edit Asked about the offer",
        },
        {
            trigger: ".o_call_card_saving:contains(Saved)",
        },
        {
            content: "the call knows from where it was dialled",
            trigger: ".o_call_card button[title='Open the call']",
            run: "click",
        },
        { trigger: "button[name=action_view_record]:contains(Jane Roe)" },
    ],
});
