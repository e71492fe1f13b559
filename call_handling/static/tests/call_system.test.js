import { expect, test } from "@odoo/hoot";
import { queryAllTexts } from "@odoo/hoot-dom";
import { contains, defineModels, fields, models, mountView } from "@web/../tests/web_test_helpers";
import { defineCallModels } from "./call_handling_test_helpers";

class CallPbx extends models.Model {
    _name = "call.pbx";
    adapter = fields.Selection({
        selection: [
            ["asterisk", "Asterisk"],
            ["twilio", "Twilio"],
        ],
    });
}

defineCallModels();
defineModels({ CallPbx });

test("a telephone system is chosen by its icon, and can be changed", async () => {
    await mountView({
        type: "form",
        resModel: "call.pbx",
        arch: `<form><field name="adapter" widget="call_system" options='{"icons": {"asterisk": "/asterisk.svg"}}'/></form>`,
    });
    expect(queryAllTexts(".o_call_system")).toEqual(["Asterisk", "Twilio"]);
    expect(".o_call_system img").toHaveCount(1);
    await contains(".o_call_system:contains(Twilio)").click();
    expect(".o_call_system").toHaveCount(0);
    expect(".o_field_call_system").toHaveText(/^Twilio/);
    await contains(".o_call_system_change").click();
    expect(".o_call_system").toHaveCount(2);
});
