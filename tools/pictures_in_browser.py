"""Makes the pictures of one variant, in a browser. Started by ``pictures.py``, in an environment
that has Playwright.

Arguments: address of the server, token of the simulated telephone system, path of Chromium, folder
of the pictures, name of the variant.
"""

import io
import os
import sys
import time
from datetime import datetime, timezone
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

DESKTOP = {"viewport": {"width": 1280, "height": 800}}
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
TELEVISION = {"viewport": {"width": 1920, "height": 1080}}
VARIANTS = {
    "desktop": ("en_US", DESKTOP),
    "phone": ("en_US", PHONE),
    "german": ("de_DE", DESKTOP),
    "german-phone": ("de_DE", PHONE),
    "arabic": ("ar_001", DESKTOP),
    "arabic-phone": ("ar_001", PHONE),
    "tv": ("en_US", TELEVISION),
}
ADMIN = "admin"  # login and password of the demo data
KNOWN, OTHER = "+442079460142", "+493023125410"  # Grace Whitfield, Bäckerei Sonnenschein
UNKNOWN = "+12025550198"
QUALITY = 80  # of WebP
PATIENCE = 180_000  # milliseconds; the first page builds its styles
DRAWING = 700  # milliseconds until a screen stands still

CALL = """([model, method, args]) => odoo.__WOWL_DEBUG__.root.env.services.orm.call(
    model, method, args)"""
OPEN = """([action, options]) => odoo.__WOWL_DEBUG__.root.env.services.action.doAction(
    action, options)"""


class Photographer:
    """Shows screens of Odoo, and makes pictures of them.

    :param page: of the browser
    :param str address: of the server
    :param str token: of the simulated telephone system
    :param Path folder: of the pictures
    :param str variant: one of :data:`VARIANTS`
    """

    def __init__(self, page, address, token, folder, variant):
        self.page = page
        self.address = address
        self.token = token
        self.folder = folder
        self.variant = variant
        self.is_phone = variant.endswith("phone")
        self.is_television = variant == "tv"

    # --- Odoo ------------------------------------------------------------------------

    def log_in(self, lang):
        """Log in, and show everything in a language."""
        self.page.goto(f"{self.address}/web/login", wait_until="domcontentloaded")
        self.page.fill("input[name=login]", ADMIN)
        self.page.fill("input[name=password]", ADMIN)
        self.page.click("button[type=submit]")
        # Odoo fails if a second page asks for scripts that it is still making for the first one.
        self.page.wait_for_function("window.odoo?.isReady")
        self.show("odoo/my-calls")
        (user,) = self.call("res.users", "search", [["login", "=", ADMIN]])
        self.call("res.users", "write", [user], {"lang": lang})
        (self.pbx,) = self.call("call.pbx", "search", [["token", "=", self.token]])
        own = [["pbx_id", "=", self.pbx], ["user_id", "=", user]]
        self.phone = self.call("call.extension", "search_read", own, ["number"])[0]["number"]

    def call(self, model, method, *args):
        """Call a method of a model, as the web client does."""
        return self.page.evaluate(CALL, [model, method, list(args)])

    def show(self, path):
        """Open a page of Odoo."""
        self.page.goto(f"{self.address}/{path}", wait_until="domcontentloaded")
        self.page.wait_for_selector(".o_action_manager .o_view_controller")
        self.page.wait_for_timeout(DRAWING)

    def open(self, action, **options):
        """Open an action on the page that is shown."""
        self.page.evaluate(OPEN, [action, {"clearBreadcrumbs": True, **options}])
        self.page.wait_for_timeout(DRAWING)

    def open_record(self, model, domain):
        """Open the form of the first record that is found."""
        record, *_others = self.call(model, "search", domain)
        action = {"type": "ir.actions.act_window", "res_model": model, "res_id": record}
        self.open(action | {"views": [[False, "form"]]})

    def happen(self, ref, event, number=KNOWN, **values):
        """Let an event happen to a call of the administrator's phone, and wait for its card."""
        call = f"{self.variant}-{ref}-{self.start}"
        leg = {"call": call, "leg": f"{call}-{self.phone}", "extension": self.phone}
        about = {"event": event, "direction": "incoming", "from": number, "to": "+12025550100"}
        events = [leg | about | values]
        if event == "ended":
            events.append({"call": call} | about | values)  # nobody is left in it
        self.call("call.pbx", "perform", self.pbx, events)
        state = {"answered": "ongoing"}.get(event, event)
        self.page.wait_for_selector(f".o_call_card_{state}")
        self.page.wait_for_timeout(DRAWING)

    def close_cards(self):
        """Hang up, and close all cards."""
        for leg in self.call("call.leg", "search", [["date_end", "=", False]]):
            (row,) = self.call("call.leg", "read", [leg], ["call_id"])
            (data,) = self.call("call.call", "read", [row["call_id"][0]], ["pbx_ref"])
            ended = {"call": data["pbx_ref"], "event": "ended", "cause": "normal"}
            self.call("call.pbx", "perform", self.pbx, [ended])
        cards = [card["id"] for card in self.call("call.call", "get_cards")]
        if cards:
            self.call("call.call", "action_close_card", cards)
        self.page.wait_for_timeout(DRAWING)
        self.start = int(time.time())

    # --- pictures --------------------------------------------------------------------

    def take(self, name, selector=None):
        """Store a picture of the screen, or of an element."""
        shown = self.page.locator(selector).first if selector else self.page
        picture = Image.open(io.BytesIO(shown.screenshot()))
        file = self.folder / f"{name}-{self.variant}.webp"
        picture.convert("RGB").save(file, quality=QUALITY, method=6)

    def take_cards(self):
        """Make pictures of cards in each state."""
        part = None if self.is_phone else ".o_call_cards"
        self.happen("known", "ringing")
        self.take("card-ringing", part)
        self.happen("known", "answered")
        self.page.fill(".o_call_card_summary", "Needs four rooms in May")
        self.page.wait_for_timeout(2000)
        self.take("card-talking", part)
        self.happen("unknown", "ringing", UNKNOWN)
        self.happen("other", "ringing", OTHER)
        self.take("cards-three")
        self.happen("known", "ended", cause="normal")
        self.close_cards()
        self.happen("unknown", "ringing", UNKNOWN)
        self.take("card-unknown", part)
        self.close_cards()
        self.happen("known", "ringing")
        self.happen("known", "answered")
        self.happen("known", "ended", cause="normal")
        self.take("card-ended", part)
        self.close_cards()

    def take_top_bar(self):
        """Make pictures of the menu in the top bar."""
        self.page.click(".o_call_menu_button")
        self.page.wait_for_selector(".o_call_menu_content")
        self.page.wait_for_timeout(DRAWING)
        self.take("top-bar", None if self.is_phone else ".o_call_menu")
        dialler = self.page.locator(".o_call_menu_content input[type=text]")
        if dialler.count():
            dialler.first.type("gra")
            self.page.wait_for_timeout(1500)
            self.take("dialler")
        self.page.keyboard.press("Escape")

    def take_screens(self):
        """Make pictures of lists, forms and the like."""
        self.show("odoo/calls")  # on a phone, the menu stays open when another screen is opened
        self.open("call_handling.call_call_action")
        self.take("calls")
        for view in ("kanban", "calendar"):
            self.open("call_handling.call_call_action", viewType=view)
            self.take(f"calls-{view}")
        self.open("call_handling.call_callback_action")
        self.take("to-call-back")
        self.open("call_handling.call_callback_action", viewType="kanban")
        self.take("to-call-back-kanban")
        self.open_record("res.partner", [["phone_sanitized", "=", KNOWN]])
        self.page.locator(".o_notebook a[name=calls]").first.click()
        self.page.wait_for_timeout(DRAWING)
        self.page.locator("[name=last_call_ids]").first.scroll_into_view_if_needed()
        self.take("contact")
        answered = [["outcome", "=", "answered"], ["partner_id", "!=", False]]
        self.open_record("call.call", [*answered, ["summary", "!=", False]])
        self.take("call")
        self.open_record("call.pbx", [["id", "=", self.pbx]])
        self.take("telephone-system")
        self.open("call_handling.call_pbx_action_new")
        self.take("telephone-system-new")

    def take_administration(self):
        """Make pictures of what administrators look at, and of a recording."""
        self.open_record("call.call", [["recording_ids.state", "=", "here"]])
        self.page.locator(".o_call_player").first.scroll_into_view_if_needed()
        self.page.wait_for_timeout(DRAWING)
        self.take("recording")
        self.page.locator(".o_call_debrief_toggle").first.click()
        self.page.locator(".o_call_debrief_lines").first.scroll_into_view_if_needed()
        self.page.wait_for_timeout(DRAWING)
        self.take("transcript")
        self.page.locator(".o_call_outline").first.scroll_into_view_if_needed()
        self.page.wait_for_timeout(DRAWING)
        self.take("proposals")
        self.open("call_handling.call_pbx_action_health")
        self.take("health-all")
        self.page.locator(".o_kanban_record:not(.o_kanban_ghost)").first.click()
        self.page.wait_for_timeout(DRAWING)
        self.take("health")
        settings = {"type": "ir.actions.act_window", "res_model": "res.config.settings"}
        settings |= {"views": [[False, "form"]], "context": {"module": "call_handling"}}
        self.open(settings)
        self.page.wait_for_selector("#call_phone_states")
        for name in ("call_phone_states", "call_figures_per_person", "call_transcript_server"):
            self.page.locator(f"#{name}").scroll_into_view_if_needed()
            self.page.wait_for_timeout(DRAWING)
            self.take(f"settings-{name.replace('_', '-').removeprefix('call-')}")

    def take_reports(self):
        """Make pictures of the dashboard and the wallboard, while some people are talking."""
        self.show("odoo/calls")
        self._let_people_talk()
        self.open("call_handling.call_dashboard_action")
        self.page.wait_for_selector(".o_call_tile")
        self.take("dashboard")
        self.page.locator(".o_call_dashboard").last.evaluate("e => e.scrollTo(0, 1e6)")
        self.page.wait_for_timeout(DRAWING)
        self.take("dashboard-below")
        self.open("call_handling.call_wallboard_action")
        self.page.wait_for_selector(".o_call_wallboard_group")
        self.page.wait_for_timeout(DRAWING)
        self.take("wallboard")
        self.show("odoo/calls")
        self.close_cards()

    def _let_people_talk(self):
        """Let two callers wait, two people talk, and the phones of the others be free, or not."""
        states = dict.fromkeys(("100", "103", "104", "105", "202", "301"), "free") | {"203": "dnd"}
        events = [
            {"event": "state", "extension": phone, "state": state}
            for phone, state in states.items()
        ]
        for phone, seconds, kinds in (
            ("101", 754, ("ringing", "answered")),
            ("201", 43, ("ringing", "answered")),
            ("102", 68, ("ringing",)),
            ("301", 21, ("ringing",)),
        ):
            ref = f"{self.variant}-{phone}-{self.start}"
            at = datetime.fromtimestamp(time.time() - seconds, timezone.utc).isoformat()
            about = {"call": ref, "leg": f"{ref}-{phone}", "extension": phone, "at": at}
            about |= {"direction": "incoming", "from": KNOWN, "to": "+12025550100"}
            events += [about | {"event": kind} for kind in kinds]
        self.call("call.pbx", "perform", self.pbx, events)
        self.page.wait_for_timeout(DRAWING)


def main(address, token, chromium, folder, variant):
    """Make all pictures of a variant."""
    # Of fonts that a page does not need, it never says that they are there.
    os.environ["PW_TEST_SCREENSHOT_NO_FONTS_READY"] = "1"
    lang, options = VARIANTS[variant]
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_context(reduced_motion="reduce", **options).new_page()
        page.set_default_timeout(PATIENCE)
        photographer = Photographer(page, address, token, folder, variant)
        photographer.log_in(lang)
        for _time in range(2):  # the first page is still in the language before
            photographer.show("odoo/calls")
        photographer.close_cards()
        photographer.take_reports()
        if not photographer.is_television:
            photographer.take_administration()
            photographer.take_cards()
            photographer.take_top_bar()
            photographer.take_screens()
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
