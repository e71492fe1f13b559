import { advanceTime, animationFrame, Deferred, describe, expect, test } from "@odoo/hoot";
import { keyDown, keyUp, queryAllTexts, queryAllValues } from "@odoo/hoot-dom";
import {
    contains,
    getService,
    MockServer,
    mountView,
    mountWithCleanup,
    onRpc,
    patchWithCleanup,
    toggleMenuItem,
    toggleSearchBarMenu,
} from "@web/../tests/web_test_helpers";
import { CallCall, CallNote, defineCallModels, getCardData } from "./call_handling_test_helpers";

import { waitForChannels, waitNotifications } from "@bus/../tests/bus_test_helpers";
import { PAUSE } from "@call_handling/live_views/live_views";
import { RelationalModel } from "@web/model/relational_model/relational_model";
import { WebClient } from "@web/webclient/webclient";

defineCallModels();

// What the server sends, see models/call/card.py.
const CHANNEL = "call_handling.calls";
const MESSAGE = "call_handling.call/changed";

const LIST = `
    <list js_class="call_live_list" multi_edit="1" sample="1">
        <field name="remote_name"/>
        <field name="state"/>
    </list>`;
const KANBAN = `
    <kanban js_class="call_live_kanban" default_group_by="state" sample="1">
        <templates>
            <t t-name="card"><field name="remote_name"/></t>
        </templates>
    </kanban>`;
const FORM = `
    <form js_class="call_live_form">
        <field name="state" readonly="1"/>
        <field name="remote_name" readonly="1"/>
        <field name="remote_number"/>
        <field name="talk_seconds" widget="call_duration"/>
        <field name="partner_id"/>
        <field name="summary"/>
        <field name="note_ids">
            <list editable="bottom">
                <field name="body"/>
            </list>
        </field>
    </form>`;

/**
 * Opens a view of calls and waits until it has subscribed to changes.
 *
 * @param {"list" | "kanban" | "form"} type
 * @param {object} [params]
 */
async function openView(type, params = {}) {
    const arch = { list: LIST, kanban: KANBAN, form: FORM }[type];
    const groupBy = type === "kanban" ? ["state"] : undefined;
    const view = await mountView({ type, resModel: "call.call", arch, groupBy, ...params });
    await waitForChannels([CHANNEL]);
    return view;
}

/** Adds a step for every request that reads calls: `read`. */
function stepReads() {
    for (const method of ["web_search_read", "web_read_group", "web_read"]) {
        onRpc("call.call", method, () => expect.step("read"));
    }
}

/** Adds a step for every request that reads calls: which database has to answer. */
function stepDatabases() {
    for (const method of ["web_search_read", "web_read_group", "web_read"]) {
        onRpc("call.call", method, ({ kwargs }) =>
            expect.step(kwargs.context.call_handling_primary ? "primary" : "any")
        );
    }
}

/**
 * Delays the responses to all further requests that read calls.
 *
 * @returns {Deferred} sends the responses when it is resolved
 */
function delayReads() {
    const answer = new Deferred();
    for (const method of ["web_search_read", "web_read_group", "web_read"]) {
        onRpc("call.call", method, async () => {
            await answer;
        });
    }
    return answer;
}

/** Sends the message that calls have changed. */
async function sendMessage() {
    MockServer.env["bus.bus"]._sendone(CHANNEL, MESSAGE, {});
    await waitNotifications([MESSAGE]);
}

/** Waits until views show what has changed. */
async function waitUntilShown() {
    await advanceTime(PAUSE);
    await animationFrame();
}

/**
 * Changes a call on the server and waits until views show it.
 *
 * @param {number} id
 * @param {object} values
 */
async function changeCall(id, values) {
    MockServer.env["call.call"].write([id], values);
    await sendMessage();
    await waitUntilShown();
}

describe("several databases", () => {
    test("a list is read from any database, but after a message from the primary one", async () => {
        stepDatabases();
        CallCall._records = [{ id: 1, remote_name: "Anna" }];
        await openView("list");
        expect.verifySteps(["any"]);
        await changeCall(1, { remote_name: "Bert" });
        expect.verifySteps(["primary"]);
        // the sorted list does not show again what was there before
        await contains("th[data-name=remote_name]").click();
        expect.verifySteps(["primary"]);
    });

    test("a search after a message is answered by any database", async () => {
        stepDatabases();
        CallCall._records = [{ id: 1, remote_name: "Anna" }];
        await openView("list", {
            searchViewArch: `<search><filter name="f" string="F" domain="[['id', '=', 1]]"/></search>`,
        });
        await changeCall(1, { remote_name: "Bert" });
        expect.verifySteps(["any", "primary"]);
        await toggleSearchBarMenu();
        await toggleMenuItem("F");
        expect.verifySteps(["any"]);
    });

    test("a kanban is read from the primary database after a message", async () => {
        stepDatabases();
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ended" }];
        await openView("kanban");
        expect.verifySteps(["any"]);
        await changeCall(1, { remote_name: "Bert" });
        expect.verifySteps(["primary"]);
    });

    test("a form is read from the primary database after a message", async () => {
        stepDatabases();
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        await openView("form", { resId: 1 });
        expect.verifySteps(["any"]);
        await changeCall(1, { state: "ongoing" });
        expect.verifySteps(["primary"]);
    });

    test("whether a call has become private is read from the primary database", async () => {
        CallCall._records = [{ id: 1, is_private: true }];
        onRpc("call.call", "read", ({ kwargs }) =>
            expect.step(kwargs.context.call_handling_primary)
        );
        await mountWithCleanup(WebClient);
        expect(await getService("call_handling.calls").isGone(1)).toBe(true);
        expect.verifySteps([true]);
    });
});

describe("list", () => {
    test("a new call appears in the list automatically", async () => {
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ended" }];
        await openView("list");
        expect(queryAllTexts(".o_data_cell[name=remote_name]")).toEqual(["Anna"]);

        MockServer.env["call.call"].create({ remote_name: "Bert", state: "ringing" });
        await sendMessage();
        await waitUntilShown();
        expect(queryAllTexts(".o_data_cell[name=remote_name]")).toEqual(["Anna", "Bert"]);
    });

    test("a burst of changes causes one reload", async () => {
        stepReads();
        CallCall._records = [{ id: 1, remote_name: "Anna" }];
        await openView("list");
        expect.verifySteps(["read"]);

        for (let count = 0; count < 5; count++) {
            await sendMessage();
        }
        expect.verifySteps([]);
        await waitUntilShown();
        expect.verifySteps(["read"]);
        await advanceTime(10 * PAUSE);
        expect.verifySteps([]);
    });

    test("the list is updated after every change", async () => {
        stepReads();
        CallCall._records = [{ id: 1, remote_name: "Anna" }];
        await openView("list");
        await changeCall(1, { remote_name: "Bert" });
        expect(".o_data_cell[name=remote_name]").toHaveText("Bert");
        await changeCall(1, { remote_name: "Carl" });
        expect(".o_data_cell[name=remote_name]").toHaveText("Carl");
        expect.verifySteps(["read", "read", "read"]);
    });

    test("continuous changes do not postpone the reload", async () => {
        stepReads();
        await openView("list");
        expect.verifySteps(["read"]);
        await sendMessage();
        await advanceTime(0.7 * PAUSE);
        await sendMessage();
        await advanceTime(0.7 * PAUSE);
        await animationFrame();
        expect.verifySteps(["read"]);
    });

    test("other messages do not reload the list", async () => {
        stepReads();
        await openView("list");
        expect.verifySteps(["read"]);
        MockServer.env["bus.bus"]._sendone(CHANNEL, "something.else", {});
        await waitNotifications(["something.else"]);
        await waitUntilShown();
        expect.verifySteps([]);
    });

    test("typing in a row is not lost when a call arrives", async () => {
        stepReads();
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        await openView("list", { arch: LIST.replace("<list ", '<list editable="bottom" ') });
        await contains(".o_data_cell[name=remote_name]").click();
        await contains(".o_selected_row [name=remote_name] input").edit("Bert", {
            confirm: false,
        });
        expect.verifySteps(["read"]);

        await changeCall(1, { state: "ended" });
        expect.verifySteps([]);
        expect(".o_selected_row [name=remote_name] input").toHaveValue("Bert");
    });

    test("a selection is not lost when a call arrives", async () => {
        stepReads();
        CallCall._records = [
            { id: 1, remote_name: "Anna" },
            { id: 2, remote_name: "Bert" },
        ];
        await openView("list");
        expect.verifySteps(["read"]);
        await contains(".o_data_row:eq(1) .o_list_record_selector input").click();

        await changeCall(1, { remote_name: "Carl" });
        expect.verifySteps([]);
        expect(".o_data_row:eq(1) .o_list_record_selector input").toBeChecked();

        await contains(".o_data_row:eq(1) .o_list_record_selector input").click();
        await sendMessage();
        await waitUntilShown();
        expect.verifySteps(["read"]);
        expect(".o_data_cell[name=remote_name]:eq(0)").toHaveText("Carl");
    });

    test("text typed while the list is loading is not lost", async () => {
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        await openView("list", { arch: LIST.replace("<list ", '<list editable="bottom" ') });
        const answer = delayReads();
        await changeCall(1, { state: "ended" });
        await contains(".o_data_cell[name=remote_name]").click();
        await contains(".o_selected_row [name=remote_name] input").edit("Bert", {
            confirm: false,
        });
        answer.resolve();
        await animationFrame();
        expect(".o_selected_row [name=remote_name] input").toHaveValue("Bert");
    });

    test("a selection made while the list is loading is not lost", async () => {
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        await openView("list");
        const answer = delayReads();
        await changeCall(1, { state: "ended" });
        await contains(".o_data_row .o_list_record_selector input").click();
        answer.resolve();
        await animationFrame();
        expect(".o_data_row .o_list_record_selector input").toBeChecked();
    });

    test("sorting while the list is loading is not lost", async () => {
        CallCall._records = [
            { id: 1, remote_name: "Anna", state: "ringing" },
            { id: 2, remote_name: "Bert", state: "ringing" },
        ];
        await openView("list");
        const answer = delayReads();
        await changeCall(1, { state: "ended" });
        await contains("th.o_column_sortable[data-name=remote_name]").click();
        await contains("th.o_column_sortable[data-name=remote_name]").click();
        answer.resolve();
        await animationFrame();
        expect(queryAllTexts(".o_data_cell[name=remote_name]")).toEqual(["Bert", "Anna"]);
        expect(queryAllTexts(".o_data_cell[name=state]")).toEqual(["Ringing", "Ended"]);
    });

    test("a grouped list keeps its open groups", async () => {
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ended" }];
        await openView("list", { groupBy: ["state"] });
        await contains(".o_group_header").click();
        await changeCall(1, { remote_name: "Bert" });
        expect(".o_data_cell[name=remote_name]").toHaveText("Bert");
    });

    test("the first call replaces the sample data", async () => {
        CallCall._records = [];
        await openView("list");
        expect(".o_view_sample_data").toHaveCount(1);

        MockServer.env["call.call"].create({ remote_name: "Anna", state: "ringing" });
        await sendMessage();
        await waitUntilShown();
        expect(queryAllTexts(".o_data_cell[name=remote_name]")).toEqual(["Anna"]);
        expect(".o_view_sample_data").toHaveCount(0);
    });
});

describe("kanban", () => {
    test("a call moves to its next column automatically", async () => {
        CallCall._records = [
            { id: 1, remote_name: "Anna", state: "ringing" },
            { id: 2, remote_name: "Bert", state: "ongoing" },
        ];
        await openView("kanban");
        expect(queryAllTexts(".o_kanban_group:eq(0) .o_kanban_record")).toEqual(["Anna"]);

        await changeCall(1, { state: "ongoing" });
        expect(queryAllTexts(".o_kanban_group:eq(0) .o_kanban_record")).toEqual([]);
        expect(queryAllTexts(".o_kanban_group:eq(1) .o_kanban_record")).toEqual(["Anna", "Bert"]);
    });

    test("a call in a new state gets a column", async () => {
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        await openView("kanban");
        await changeCall(1, { state: "ended" });
        expect(queryAllTexts(".o_kanban_group:contains(Ended) .o_kanban_record")).toEqual(["Anna"]);
    });

    test("a burst of changes causes one reload", async () => {
        stepReads();
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        await openView("kanban");
        expect.verifySteps(["read"]);
        await sendMessage();
        await sendMessage();
        expect.verifySteps([]);
        await waitUntilShown();
        expect.verifySteps(["read"]);
    });

    test("a selection is not lost when a call arrives", async () => {
        stepReads();
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        await openView("kanban");
        expect.verifySteps(["read"]);
        await keyDown("alt");
        await animationFrame();
        await contains(".o_kanban_record").click();
        await keyUp("alt");
        expect(".o_record_selected").toHaveCount(1);

        await changeCall(1, { remote_name: "Bert" });
        expect.verifySteps([]);
        expect(".o_record_selected").toHaveCount(1);
    });
});

describe("form", () => {
    test("the form is updated until the call has ended", async () => {
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        await openView("form", { resId: 1 });
        await changeCall(1, { state: "ongoing" });
        expect(".o_field_widget[name=state]").toHaveText("Talking");
        await changeCall(1, { state: "ended", remote_name: "Bert" });
        expect(".o_field_widget[name=state]").toHaveText("Ended");
        expect(".o_field_widget[name=remote_name]").toHaveText("Bert");
    });

    test("an ended call is not reloaded", async () => {
        stepReads();
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ended" }];
        await openView("form", { resId: 1 });
        expect.verifySteps(["read"]);
        await changeCall(1, { remote_name: "Bert" });
        expect.verifySteps([]);
        expect(".o_field_widget[name=remote_name]").toHaveText("Anna");
    });

    test("a burst of changes causes one reload", async () => {
        stepReads();
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        expect.verifySteps(["read"]);
        await sendMessage();
        await sendMessage();
        expect.verifySteps([]);
        await waitUntilShown();
        expect.verifySteps(["read"]);
    });

    test("a new call is not reloaded while it is entered", async () => {
        onRpc("call.call", "onchange", () => expect.step("read"));
        await openView("form");
        expect.verifySteps(["read"]);
        await sendMessage();
        await waitUntilShown();
        expect.verifySteps([]);

        await contains("[name=remote_number] input").edit("030", { confirm: false });
        await sendMessage();
        await waitUntilShown();
        expect.verifySteps([]);
        expect("[name=remote_number] input").toHaveValue("030");
    });

    test("unsaved changes are not lost when the call changes", async () => {
        stepReads();
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        expect.verifySteps(["read"]);
        await contains("[name=remote_number] input").edit("030");
        await changeCall(1, { state: "ongoing" });
        expect.verifySteps([]);
        expect("[name=remote_number] input").toHaveValue("030");
    });

    test("text being typed is not lost when the call changes", async () => {
        stepReads();
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        expect.verifySteps(["read"]);
        await contains("[name=summary] textarea").edit("About ", { confirm: false });
        await changeCall(1, { state: "ongoing" });
        expect.verifySteps([]);
        expect("[name=summary] textarea").toHaveValue("About ");
        expect("[name=summary] textarea").toBeFocused();
    });

    test("the form is updated again once it is saved", async () => {
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        await contains("[name=remote_number] input").edit("030");
        await changeCall(1, { state: "ongoing" });
        await contains(".o_form_button_save").click();
        await changeCall(1, { state: "ended" });
        expect(".o_field_widget[name=state]").toHaveText("Ended");
        expect("[name=remote_number] input").toHaveValue("030");
    });

    test("the form is updated again once it is discarded", async () => {
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        await contains("[name=remote_number] input").edit("030", { confirm: false });
        await contains(".o_form_button_cancel").click();
        await changeCall(1, { state: "ended" });
        expect(".o_field_widget[name=state]").toHaveText("Ended");
        expect("[name=remote_number] input").toHaveValue("");
    });

    test("a trailing space is not removed while typing", async () => {
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        await contains("[name=remote_number] input").edit("030 ", { confirm: false });
        await changeCall(1, { state: "ongoing" });
        expect("[name=remote_number] input").toHaveValue("030 ");
    });

    test("a half-typed duration is not marked as invalid", async () => {
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        await contains("[name=talk_seconds] input").edit("3:", { confirm: false });
        await changeCall(1, { state: "ongoing" });
        expect("[name=talk_seconds] input").toHaveValue("3:");
        expect("[name=talk_seconds]").not.toHaveClass("o_field_invalid");
    });

    test("a contact being searched is not lost", async () => {
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        await contains("[name=partner_id] input").edit("Mitch", { confirm: false });
        await changeCall(1, { state: "ongoing" });
        expect("[name=partner_id] input").toHaveValue("Mitch");
    });

    test("text typed while the call is loading is not lost", async () => {
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        const answer = delayReads();
        await changeCall(1, { state: "ongoing" });
        await contains("[name=remote_number] input").edit("030", { confirm: false });
        await contains("[name=summary] textarea").edit("About ", { confirm: false });
        answer.resolve();
        await animationFrame();
        expect("[name=remote_number] input").toHaveValue("030");
        expect("[name=summary] textarea").toHaveValue("About ");
        expect(".o_field_widget[name=state]").toHaveText("Talking");
    });

    test("a change while the form is opening causes no error", async () => {
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        const answer = delayReads();
        const opened = openView("form", { resId: 1 });
        await advanceTime(1000);
        await waitForChannels([CHANNEL]);
        await sendMessage();
        await waitUntilShown();
        answer.resolve();
        await opened;
        expect(".o_field_widget[name=remote_name]").toHaveText("Anna");
    });

    test("an empty new note is not lost", async () => {
        CallNote._records = [];
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        await contains(".o_field_x2many_list_row_add a").click();
        expect("[name=body] input").toBeFocused();
        await changeCall(1, { state: "ongoing" });
        expect("[name=body] input").toHaveCount(1);
        expect("[name=body] input").toBeFocused();
    });

    test("a note that is being typed is not lost", async () => {
        CallNote._records = [];
        CallCall._records = [{ id: 1, state: "ringing" }];
        await openView("form", { resId: 1 });
        await contains(".o_field_x2many_list_row_add a").click();
        await contains("[name=body] input").edit("Wants", { confirm: false });
        await changeCall(1, { state: "ongoing" });
        expect(queryAllValues("[name=body] input")).toEqual(["Wants"]);
        expect("[name=body] input").toBeFocused();
    });
});

describe("messages", () => {
    /** Opens the list and the form of calls in the web client, the list first. */
    async function openWebClient() {
        CallCall._records = [{ id: 1, remote_name: "Anna", state: "ringing" }];
        CallCall._views = {
            list: LIST,
            form: FORM,
            kanban: `<kanban><templates><t t-name="card"/></templates></kanban>`,
        };
        await mountWithCleanup(WebClient);
        await open("list");
        await waitForChannels([CHANNEL]);
    }

    /** Makes call 1 private from its card, over whatever is open; the server deletes it or not. */
    async function makePrivateFromCard(isDeleted) {
        onRpc("call.call", "action_make_private", () => ({
            type: "ir.actions.act_window",
            res_model: "call.private.confirm",
            target: "new",
            views: [[false, "form"]],
        }));
        onRpc("call.private.confirm", "action_confirm", () => {
            const calls = MockServer.env["call.call"];
            isDeleted ? calls.unlink([1]) : calls.write([1], { is_private: true, summary: false });
            return { type: "ir.actions.act_window_close" };
        });
        await getService("call_handling.calls").makePrivate(getCardData());
        await contains(".modal button[name=action_confirm]").click();
        await animationFrame();
    }

    /**
     * @param {string} type
     * @param {number} [resId]
     */
    async function open(type, resId) {
        await getService("action").doAction({
            type: "ir.actions.act_window",
            res_model: "call.call",
            res_id: resId,
            views: [[false, type]],
        });
        await animationFrame();
    }

    /** Adds a step for every load of a list, even if no request follows. */
    function stepListLoads() {
        patchWithCleanup(RelationalModel.DynamicRecordList.prototype, {
            load() {
                expect.step("load list");
                return super.load(...arguments);
            },
        });
    }

    test("a view without live calls gets no messages", async () => {
        stepReads();
        await openWebClient();
        await open("kanban");
        await waitForChannels([CHANNEL], { operation: "delete" });
        expect.verifySteps(["read", "read"]);
    });

    test("messages arrive after going from the list to a call", async () => {
        stepReads();
        await openWebClient();
        await open("form", 1);
        expect.verifySteps(["read", "read"]);
        await advanceTime(5000);
        await waitForChannels([CHANNEL]);

        stepListLoads();
        await changeCall(1, { remote_name: "Bert" });
        expect.verifySteps(["read"]);
        expect(".o_field_widget[name=remote_name]").toHaveText("Bert");
    });

    test("the form of a call that is deleted from its card is left without an error", async () => {
        await openWebClient();
        await open("form", 1);
        await contains("[name=summary] textarea").edit("Dinner at eight");
        await makePrivateFromCard(true);
        await waitUntilShown();
        expect(".o_list_view").toHaveCount(1);
        expect(".o_form_view").toHaveCount(0);
        expect(".o_notification, .o_error_dialog").toHaveCount(0);
        expect(".o_data_row").toHaveCount(0);
    });

    test("the form shows what remains of a call that becomes private on its card", async () => {
        await openWebClient();
        await open("form", 1);
        await contains("[name=summary] textarea").edit("Dinner at eight");
        await makePrivateFromCard(false);
        expect(".o_form_view [name=summary] textarea").toHaveValue("");
        expect(MockServer.env["call.call"].read([1], ["summary"])[0].summary).toBe(false);
    });

    test("another call's form stays, with what was typed, when a call is deleted", async () => {
        await openWebClient();
        const [id] = MockServer.env["call.call"].create([{ remote_name: "Bert", state: "ended" }]);
        await open("form", id);
        await contains("[name=summary] textarea").edit("An offer");
        await makePrivateFromCard(true);
        expect(".o_form_view [name=summary] textarea").toHaveValue("An offer");
    });

    test("a running call that somebody deletes is left without an error", async () => {
        await openWebClient();
        await open("form", 1);
        MockServer.env["call.call"].unlink([1]);
        await sendMessage();
        await waitUntilShown();
        expect(".o_list_view").toHaveCount(1);
        expect(".o_notification, .o_error_dialog").toHaveCount(0);
    });

    test("a change just before leaving a view does not reload it", async () => {
        stepReads();
        await openWebClient();
        stepListLoads();
        await sendMessage();
        await open("kanban");
        expect.verifySteps(["read", "read"]);
        await waitUntilShown();
        expect.verifySteps([]);
    });

    test("only live views subscribe to messages", async () => {
        await mountView({
            type: "list",
            resModel: "call.call",
            arch: LIST.replace("call_live_list", "list"),
        });
        await advanceTime(5000);
        const { env } = MockServer;
        expect(env["bus.bus"].channelsByUser[env.uid] || []).not.toInclude(CHANNEL);
    });
});
