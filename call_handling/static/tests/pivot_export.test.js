import { expect, test } from "@odoo/hoot";
import { animationFrame } from "@odoo/hoot-mock";
import { contains, mountView, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { download } from "@web/core/network/download";
import { CallCall, defineCallModels } from "./call_handling_test_helpers";

defineCallModels();

test("a downloaded pivot table says which records it is of", async () => {
    CallCall._records = [{ id: 1 }, { id: 2 }];
    let source;
    patchWithCleanup(download, {
        async _download({ data }) {
            source = JSON.parse(await data.data.text()).call_source;
            expect.step("downloaded");
        },
    });
    await mountView({
        type: "pivot",
        resModel: "call.call",
        domain: [["id", ">", 1]],
        arch: `<pivot><field name="match" type="row"/><field name="talk_seconds" type="measure"/></pivot>`,
    });
    await contains(".o_pivot_download").click();
    await animationFrame();
    expect.verifySteps(["downloaded"]);
    expect(source.domain).toEqual([["id", ">", 1]]);
    expect(source.fields).toEqual(["match", "talk_seconds"]);
    expect(source.context.allowed_company_ids).toEqual([1]);
});
