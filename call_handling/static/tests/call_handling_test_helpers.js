import { defineMailModels } from "@mail/../tests/mail_test_helpers";
import { expect } from "@odoo/hoot";
import { manuallyDispatchProgrammaticEvent } from "@odoo/hoot-dom";
import { defineModels, fields, models, mountView, onRpc, patchWithCleanup } from "@web/../tests/web_test_helpers";

export class CallCall extends models.Model {
    _name = "call.call";

    state = fields.Selection({
        selection: [
            ["ringing", "Ringing"],
            ["ongoing", "Talking"],
            ["ended", "Ended"],
        ],
    });
    match = fields.Selection({
        selection: [
            ["manual", "Chosen by hand"],
            ["ambiguous", "Several contacts"],
        ],
    });
    remote_name = fields.Char({ trim: true });
    remote_number = fields.Char({ trim: true });
    date_start = fields.Datetime();
    talk_seconds = fields.Integer({ string: "Talking Time" });
    wait_seconds = fields.Integer({ string: "Waiting Time", aggregator: "avg" });
    partner_id = fields.Many2one({ relation: "res.partner" });
    candidate_ids = fields.Many2many({ relation: "res.partner" });
    task_id = fields.Many2one({ relation: "project.task" });
    task_candidate_ids = fields.Many2many({ relation: "project.task" });
    leg_ids = fields.One2many({ relation: "call.leg", relation_field: "call_id" });
    note_ids = fields.One2many({ relation: "call.note", relation_field: "call_id" });
    summary = fields.Text();
    outline_state = fields.Selection({
        selection: [
            ["possible", "Can be asked for"],
            ["waiting", "Waiting"],
            ["here", "Here"],
            ["failed", "Failed"],
        ],
    });
    recording_state = fields.Selection({
        selection: [
            ["pending", "Recording arrives"],
            ["here", "Recorded"],
            ["gone", "No recording"],
        ],
    });
    is_private = fields.Boolean();
    findings = fields.Json();
}

export class CallLeg extends models.Model {
    _name = "call.leg";

    call_id = fields.Many2one({ relation: "call.call" });
    extension = fields.Char();
    number = fields.Char();
    user_id = fields.Many2one({ relation: "res.users" });
    employee_id = fields.Many2one({ relation: "hr.employee" });
    date_ring = fields.Datetime();
    date_answer = fields.Datetime();
    date_end = fields.Datetime();
    talk_seconds = fields.Integer();
    outcome = fields.Selection({
        selection: [
            ["answered", "Answered"],
            ["transferred", "Transferred"],
            ["elsewhere", "Answered elsewhere"],
            ["no_answer", "No answer"],
        ],
    });
}

export class CallNote extends models.Model {
    _name = "call.note";

    call_id = fields.Many2one({ relation: "call.call" });
    body = fields.Char({ required: true, trim: true });
}

export class HrEmployee extends models.Model {
    _name = "hr.employee";

    name = fields.Char({ required: true, trim: true });
}

export class ProjectTask extends models.Model {
    _name = "project.task";

    name = fields.Char({ required: true, trim: true });
}

/** The dialog that asks before a call becomes private. */
export class CallPrivateConfirm extends models.Model {
    _name = "call.private.confirm";

    _views = {
        form: `
            <form>
                <footer>
                    <button name="action_confirm" type="object" string="Confirm"/>
                    <button special="cancel" string="Keep"/>
                </footer>
            </form>`,
    };
}

/** The first steps of administrators. A test that shows them overrides `steps`. */
export class OnboardingOnboarding extends models.Model {
    _name = "onboarding.onboarding";

    static steps = [];

    get_call_steps() {
        return OnboardingOnboarding.steps;
    }

    action_close_call_steps() {}
}

/** Defines the call models and those that they depend on. Every test file must call it. */
export function defineCallModels() {
    defineMailModels();
    defineModels({
        CallCall,
        CallLeg,
        CallNote,
        CallPrivateConfirm,
        HrEmployee,
        OnboardingOnboarding,
        ProjectTask,
    });
}

/**
 * Returns a card as the server does, of a ringing call from Anna.
 *
 * @param {object} [values]
 */
export function getCardData(values = {}) {
    return {
        id: 1,
        direction: "incoming",
        state: "ringing",
        spoke: false,
        seconds: 0,
        taken_by: "",
        outcome: "",
        name: "Anna",
        company: "Nordwind AG",
        number: "+1 202-555-0142",
        remote_number: "+12025550142",
        line: "Sales hotline",
        queue: "",
        partner_id: 501,
        candidates: [],
        facts: [],
        calls: [],
        links: [],
        unpaid: false,
        summary: "",
        note: "",
        category_id: false,
        project_id: false,
        task_id: false,
        is_recorded: false,
        can: {},
        control: { actions: [], is_held: false, recording: "" },
        ...values,
    };
}

/**
 * Lets players play sound that is heard nowhere. A test has the steps that it wants to see.
 *
 * @param {object} steps
 * @param {(audio: HTMLMediaElement) => string} steps.play the step when something is played
 * @param {string} [steps.pause] the step when it is paused
 */
export function muteSound({ play, pause }) {
    const setPaused = (audio, value) => {
        Object.defineProperty(audio, "paused", { value, configurable: true });
        return manuallyDispatchProgrammaticEvent(audio, value ? "pause" : "play");
    };
    patchWithCleanup(HTMLMediaElement.prototype, {
        async play() {
            expect.step(play(this));
            await setPaused(this, false);
        },
        pause() {
            if (pause && !this.paused) {
                expect.step(pause);
                setPaused(this, true);
            }
        },
    });
}

/**
 * Returns a recording as the server does, of which there is a transcript.
 *
 * @param {object} [values]
 */
export function getRecordingData(values = {}) {
    return {
        id: 7,
        state: "here",
        reason: "",
        seconds: 100,
        label: "",
        url: "/call_handling/recording/7",
        download_url: "",
        markers: [],
        transcript: "here",
        can_transcribe: false,
        kept: "",
        keep_reason: "",
        may_keep: false,
        ...values,
    };
}

/**
 * Opens the form of a call with its recordings.
 *
 * @param {object} values of the call
 * @param {() => object[]} getRecordings returns what the server does
 */
export async function openRecordedCall(values, getRecordings) {
    CallCall._records = [{ id: 1, recording_state: "here", ...values }];
    onRpc("call.call", "get_recordings", getRecordings);
    await mountView({
        type: "form",
        resModel: "call.call",
        resId: 1,
        arch: `
            <form>
                <field name="recording_state" widget="call_recordings"/>
                <field name="summary"/>
            </form>`,
    });
}
