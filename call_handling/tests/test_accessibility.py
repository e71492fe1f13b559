import json
import logging
import os
from pathlib import Path

from odoo import Command
from odoo.tests import HttpCase, new_test_user, no_retry, tagged

from odoo.addons.base.tests.common import BaseCommon

from .common import load_demo

MODULE = "@call_handling/../tests/tours/accessibility"
DONE = "all screens were examined"
FOUND = "found by axe: "
MAIN_MENU = "call_handling.call_handling_menu"
NUMBER = "+12025550142"
# What Odoo's own widgets fail on every screen of Odoo: rule of axe -> where.
ODOOS = {
    "aria-allowed-attr": [
        ".o_select_menu",
        ".o_tag",
        ".o-autocomplete",
        ".o-dropdown",
        ".o-dropdown-item",
        ".o_searchview",
    ],
    "aria-command-name": [".o_searchview"],
    "aria-dialog-name": [".modal"],
    "aria-prohibited-attr": [".o_tag"],
    "aria-required-attr": [".o-autocomplete"],
    "aria-required-children": [".o-autocomplete--dropdown-menu"],
    "aria-required-parent": [
        ".o_notebook_headers",
        ".settings_tab",
        ".o_colorlist",
        ".o_searchview",
        ".o-autocomplete--dropdown-menu",
    ],
    "autocomplete-valid": [".o_select_menu"],
    "button-name": [
        ".o_optional_columns_dropdown",
        ".o_calendar_container",
        ".o_clipboard_button",
        # on a phone
        ".o_cp_switch_buttons",
        ".o_control_panel_navigation",
        ".o_button_more",
    ],
    "color-contrast": [
        ".o_pivot_measure_row",
        ".fc",
        ".o_datetime_picker",
        ".o-mail-ActivityCell",
        ".o_activity_summary_cell",
        ".o_select_menu_input",
    ],
    "image-alt": [".o_avatar", ".o_field_many2one_avatar_user", ".o_m2m_avatar"],
    "label": [
        ".o_list_record_selector",
        ".o_field_boolean",
        ".o_data_cell > .o-checkbox",
        ".o_calendar_filter",
        ".o_select_menu",
    ],
    "listitem": [".o-autocomplete--dropdown-item"],
    "role-img-alt": [
        ".o_field_kanban_activity",
        ".o_field_list_activity",
        ".o-mail-Chatter",
        ".o_searchview",
    ],
    "scrollable-region-focusable": [".fc", ".o_pivot"],
}


class _Reader(logging.Handler):
    """Keeps what the browser reports."""

    def __init__(self):
        super().__init__()
        self.findings = []

    def emit(self, record):
        text = record.getMessage()
        if text.startswith(FOUND):
            self.findings += json.loads(text.removeprefix(FOUND))


class AccessibilityCommon(BaseCommon, HttpCase):
    """Has axe examine screens in a browser, with the demo data."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        axe = Path(os.environ.get("CALL_HANDLING_AXE", ""))
        if not axe.is_file():
            cls.skipTest(cls, "axe-core is not installed: `./dev test` installs it")
        cls.axe = cls.env["ir.attachment"].create(
            {"name": "axe.js", "raw": axe.read_bytes(), "mimetype": "text/javascript"}
        )
        load_demo(cls.env, "call_handling", "call_pbx_demo")
        cls.pbx = cls.env.ref("call_handling.call_pbx_demo")
        cls.company = cls.pbx.company_id
        cls.walker = cls._create_walker()
        cls.env["call.extension"].create(
            {"pbx_id": cls.pbx.id, "user_id": cls.walker.id, "number": "2990"}
        )
        cls.jane = cls.env["res.partner"].create({"name": "Jane Roe", "phone": NUMBER})

    @classmethod
    def _create_walker(cls):
        groups = ("base.group_user", "base.group_system", "base.group_partner_manager")
        groups += ("call_handling.group_call_handling_admin", "hr.group_hr_manager")
        groups += ("call_handling.group_call_data_protection", "project.group_project_manager")
        groups += ("hr_timesheet.group_timesheet_manager",)
        return new_test_user(
            cls.env,
            login="walker",
            groups=",".join(groups),
            company_id=cls.company.id,
            company_ids=[Command.set(cls.company.ids)],
        )

    def _check(self, screens):
        """Fail with what axe finds on these screens.

        :param list screens: as `walk` in accessibility.js gets them
        """
        self.assertTrue(screens)
        reader = _Reader()
        self._logger.addHandler(reader)
        self.addCleanup(self._logger.removeHandler, reader)
        walk = f"odoo.loader.modules.get('{MODULE}').walk"
        axe = f"/web/content/{self.axe.id}"
        code = f"""{walk}("{axe}", {json.dumps(screens)}, {json.dumps(ODOOS)}).then((found) => {{
                console.log("{FOUND}" + JSON.stringify(found));
                console.log("{DONE}");
            }}, (error) => console.error(error.message));"""
        self.browser_js(
            "/odoo/calls", code, "odoo.isReady === true", login="walker", timeout=600,
            success_signal=DONE,
        )  # fmt: skip
        self.assertFalse(reader.findings, "\n".join(["", *reader.findings]))

    # --- screens -----------------------------------------------------------------------

    def _get_menu_screens(self):
        """Return every view of every action of our menus, and a record of each model."""
        menus = self.env["ir.ui.menu"].with_context(active_test=False)
        menus = menus.search([("id", "child_of", self.env.ref(MAIN_MENU).id)])
        screens = []
        for menu in menus.filtered("action"):
            if menu.action._name == "ir.actions.client":
                options = {"clearBreadcrumbs": True}
                screen = {"name": menu.complete_name, "action": menu.action.id}
                screens.append(screen | {"options": options})
                continue
            for mode in menu.action.view_mode.split(","):
                options = {"viewType": mode, "clearBreadcrumbs": True}
                if mode == "form":
                    options["props"] = {"resId": self._get_id(menu.action.res_model)}
                name = f"{menu.complete_name}, {mode}"
                screen = {"name": name, "action": menu.action.id, "options": options}
                if mode == "form" and menu.action.res_model == "res.partner":
                    screen["within"] = [".o_form_view [name*=call]"]  # the rest is Odoo's
                screens.append(screen)
        return screens

    def _get_id(self, model, domain=()):
        """Return the newest record that the walker may read."""
        return self.env[model].with_user(self.walker).search(domain, limit=1, order="id desc").id

    def _get_forms_of_others(self):
        """Return records of other models with what we show on them."""
        call = self.env["call.call"].search([("employee_id", "!=", False)], limit=1)
        task = self.env["project.task"].create(
            {"name": "Send the offer", "project_id": self._get_id("project.project")}
        )
        call.write(
            {"partner_id": self.jane.id, "project_id": task.project_id.id, "task_id": task.id}
        )
        shown = (
            call.partner_id,
            call.project_id,
            call.task_id,
            call.employee_id,
            call.department_id,
        )
        return [
            {
                "name": f"form of {record._name}",
                "action": {"type": "ir.actions.act_window", "res_model": record._name}
                | {"res_id": record.id, "views": [[False, "form"]]},
                "options": {"clearBreadcrumbs": True},
                "within": [".o_form_view [name*=call]"],
            }
            for record in shown
        ]

    def _get_dialogs(self):
        """Return the dialogs of the app: what button of what record opens them."""
        call = self._get_id("call.call", [("state", "=", "ended"), ("is_private", "=", False)])
        openers = {
            "log a call": ("call.call", "action_log_call", [[]]),
            "correct a call": ("call.call", "action_correct", [[call]]),
            "create a task": ("call.call", "action_create_task", [[call]]),
            "delete a call": ("call.call", "action_delete", [[call]]),
            "unwanted": ("call.call", "action_block_number", [[call]]),
            "close a callback": (
                "call.callback",
                "action_close",
                [[self._get_id("call.callback", [("state", "=", "open")])]],
            ),
            "simulate a call": ("call.pbx", "action_simulate", [[self.pbx.id]]),
            "test dialling": ("call.pbx", "action_test_dial", [[self.pbx.id]]),
            "new secret": ("call.pbx", "action_new_secret", [[self.pbx.id]]),
        }
        dialogs = [
            {"name": name, "call": list(opener), "within": [".modal"]}
            for name, opener in openers.items()
        ]
        preferences = {"name": "preferences", "call": ["res.users", "action_get", []]}
        return [*dialogs, preferences | {"within": [".modal [name^=call_]"]}]

    def _get_cards(self):
        """Return the cards of calls in each state, and the menu in the top bar."""
        phone = {"call": "axe-1", "leg": "axe-1-2990", "extension": "2990"}
        ringing = phone | {"event": "ringing", "direction": "incoming", "from": NUMBER}
        other = {"call": "axe-2", "leg": "axe-2-2990", "extension": "2990", "event": "ringing"}
        other |= {"direction": "incoming", "from": "+12025550198"}
        third = other | {"call": "axe-3", "leg": "axe-3-2990", "from": "+12025550197"}
        cards = [".o_call_cards"]
        menu = ["click", ".o_call_menu_button"]
        found = ["wait", ".o-autocomplete--dropdown-item .text-truncate .text-truncate"]

        def play(name, wait, *events, steps=()):
            sent = ["method", ["call.pbx", "perform", [self.pbx.id, list(events)]]]
            return {"name": name, "steps": [sent, ["wait", wait], *steps], "within": cards}

        top_bar = {"within": [".o_call_menu_button", ".o_call_menu"]}
        return [
            play("ringing", ".o_call_card_ringing", ringing),
            play("talking", ".o_call_card_ongoing", phone | {"event": "answered"}),
            {"name": "the card's menu", "steps": [["click", ".o_call_card_more"]]}
            | {"within": [".o_call_card_menu", *cards]},
            {"name": "top bar", "steps": [menu, ["wait", ".o_call_menu_content"]]} | top_bar,
            {"name": "dialler", "steps": [["type", [".o_call_menu_content input", "Jane"]], found]}
            | top_bar,
            play("unknown caller", ".o_call_card_ringing", other, steps=[menu]),
            play("three at once", ".o_call_card_ringing", third),
            play("ended", ".o_call_card_ended", phone | {"event": "ended", "cause": "normal"}),
        ]


@tagged("post_install", "-at_install", "exhaustive")
class TestAccessibility(AccessibilityCommon):
    """Axe finds nothing serious or critical on any screen of ours."""

    @no_retry
    def test_screens(self):
        self._check(self._get_menu_screens())

    @no_retry
    def test_dialogs_and_what_is_shown_on_records_of_other_apps(self):
        self._check(self._get_dialogs() + self._get_forms_of_others())

    @no_retry
    def test_cards(self):
        self._check(self._get_cards())


@tagged("post_install", "-at_install", "exhaustive")
class TestAccessibilityOnPhones(AccessibilityCommon):
    """The same on a small screen."""

    browser_size = "390x844"
    touch_enabled = True

    @no_retry
    def test_screens(self):
        self._check(self._get_menu_screens())

    @no_retry
    def test_cards(self):
        self._check(self._get_cards())
