/* global axe */
import { loadJS } from "@web/core/assets";
import { rpc } from "@web/core/network/rpc";

const SERIOUS = ["serious", "critical"];
const STILL = "*, *::before, *::after { transition: none !important; animation: none !important; }";

/** Waits until everything is there: answers of the server, and what is drawn then. */
async function settled() {
    for (let quiet = 0; quiet < 3; quiet++) {
        if (document.querySelector(".o_loading_indicator, .o_blockUI")) {
            quiet = 0;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
}

async function until(selector) {
    for (let tries = 0; tries < 100; tries++) {
        const found = document.querySelector(selector);
        if (found) {
            return found;
        }
        await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`${selector} does not appear`);
}

/** What is done on a screen before it is examined, by name. */
const STEPS = {
    click: async (selector) => (await until(selector)).click(),
    wait: until,
    type: async ([selector, text]) => {
        const input = await until(selector);
        input.value = text;
        input.dispatchEvent(new InputEvent("input", { bubbles: true }));
    },
    method: ([model, method, args]) => callMethod(model, method, args),
};

function callMethod(model, method, args, route = "call_kw") {
    return rpc(`/web/dataset/${route}/${model}/${method}`, { model, method, args, kwargs: {} });
}

async function openScreen(screen, { action }) {
    if (screen.call) {
        await action.doAction(await callMethod(...screen.call, "call_button"));
    } else if (screen.action) {
        await action.doAction(screen.action, screen.options || {});
    }
    for (const [step, argument] of screen.steps || []) {
        await STEPS[step](argument);
    }
    await settled();
}

/** Returns whether an element belongs to a part of Odoo that fails this rule wherever it is. */
function isOdoos(rule, node, odoos) {
    const element = document.querySelector(node.target.at(-1));
    return Boolean(element && odoos[rule]?.some((selector) => element.closest(selector)));
}

async function examine(within, odoos) {
    const include = within.filter((selector) => document.querySelector(selector));
    if (!include.length) {
        throw new Error(`Nothing of ${within.join(", ")} is shown`);
    }
    const { violations } = await axe.run({ include }, { resultTypes: ["violations"] });
    return violations
        .filter((violation) => SERIOUS.includes(violation.impact))
        .flatMap(({ id, nodes }) =>
            nodes
                .filter((node) => !isOdoos(id, node, odoos))
                .map((node) => `${id}: ${node.target.join(" ")} | ${node.html.slice(0, 160)}`)
        );
}

/**
 * Opens each screen, and has axe examine it.
 *
 * @param {string} axeUrl where axe-core is
 * @param {Object[]} screens
 * @param {string} screens[].name
 * @param {string|Object} [screens[].action] to be opened, with `options`
 * @param {Array} [screens[].call] model, method and arguments that return the action
 * @param {Array[]} [screens[].steps] what is done then: names of STEPS and their arguments
 * @param {string[]} [screens[].within] where it is examined; by default, the screen
 * @param {Object} odoos selectors of what is Odoo's own, by rule of axe
 * @returns {Promise<string[]>} what is serious or critical
 */
export async function walk(axeUrl, screens, odoos) {
    await loadJS(axeUrl);
    const { services } = odoo.__WOWL_DEBUG__.root.env;
    const style = document.createElement("style");
    style.textContent = STILL;
    document.head.append(style);
    const found = [];
    for (const screen of screens) {
        await openScreen(screen, services);
        const findings = await examine(screen.within || [".o_action_manager"], odoos);
        found.push(...findings.map((finding) => `${screen.name}: ${finding}`));
        if (document.querySelector(".modal")) {
            await services.action.doAction({ type: "ir.actions.act_window_close" });
            services.dialog.closeAll();
            await settled();
        }
    }
    return found;
}
