import { registry } from "@web/core/registry";

const PLAYER = ".o_call_player:not(:has(.o_call_player_message))";

registry.category("web_tour.tours").add("call_handling_recording", {
    steps: () => [
        {
            content: "the player waits until it is asked",
            trigger: `${PLAYER} .o_call_player_clock:contains(0:00 / 0:30)`,
        },
        { trigger: `${PLAYER} .o_call_player_play[aria-label='Play']`, run: "click" },
        {
            content: "the sound is heard",
            trigger: `${PLAYER} .o_call_player_clock:contains(0:01 / 0:30)`,
        },
        {
            content: "the mark of a note leads to where it was written",
            trigger: `${PLAYER} .o_call_player_marker[aria-label='Note at 0:15: Ten chairs']`,
            run: "click",
        },
        {
            content: "the sound goes on from there",
            trigger: `${PLAYER} .o_call_player_clock:contains(0:16 / 0:30)`,
        },
        { trigger: `${PLAYER} .o_call_player_rate`, run: "select 2" },
        {
            content: "it goes on faster",
            trigger: `${PLAYER} .o_call_player_clock:contains(0:20 / 0:30)`,
        },
        { trigger: `${PLAYER} .o_call_player_play[aria-label='Pause']`, run: "click" },
        { trigger: `${PLAYER} .o_call_player_play[aria-label='Play']` },
        { trigger: "button[name=action_refuse_recording]", run: "click" },
        { trigger: ".modal-footer .btn-primary", run: "click" },
        {
            content: "the recording is gone",
            trigger: ".o_call_player_message:contains(refused)",
        },
    ],
});
