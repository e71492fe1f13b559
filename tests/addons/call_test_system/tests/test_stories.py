import random
import sys
import uuid
from importlib import import_module
from pathlib import Path
from unittest.mock import patch

from odoo.tests import tagged

from odoo.addons.call_handling.adapters.settings import Settings
from odoo.addons.call_handling.intake import Intake
from odoo.addons.call_handling.tests.common import CallCommon

ADAPTERS = "odoo.addons.call_handling.adapters"
STORIES = Path(__file__).parents[3] / "adapters"
FACTS = ("direction", "state", "outcome", "wait_seconds", "talk_seconds", "is_anonymous")


@tagged("post_install", "-at_install")
class TestStories(CallCommon):
    """The shared stories of every telephone system become the calls that the adapter reports."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        # The plain tests import the adapters without Odoo: let them find the same classes.
        present = {
            name: module for name, module in sys.modules.items() if name.startswith(ADAPTERS)
        }
        aliases = {f"adapters{name[len(ADAPTERS) :]}": module for name, module in present.items()}
        cls.startClassPatcher(cls._patch_modules(aliases))
        cls.shared = import_module("stories")
        cls.player = import_module("story_player")

    @classmethod
    def _patch_modules(cls, aliases):
        sys.path.insert(0, str(STORIES))
        cls.addClassCleanup(sys.path.remove, str(STORIES))
        return patch.dict(sys.modules, aliases)

    def _log(self, adapter, batches):
        """Return what is logged of requests that are processed in these batches."""
        pbx = self._create_pbx(adapter.code, token=uuid.uuid4().hex)
        for batch in batches:
            intake = Intake(pbx, adapter)
            intake.process([message for sent in batch for message in adapter.messages(sent)])
            self.env.invalidate_all()
        return self._describe(self.env["call.call"].search([("pbx_id", "=", pbx.id)]))

    def _describe(self, calls):
        return sorted(
            (
                [call[fact] for fact in FACTS],
                call.queue or "",
                sorted((leg.extension or "", leg.outcome) for leg in call.leg_ids),
            )
            for call in calls
        )

    def _fold(self, adapter, requests):
        states = self.shared.calls_of(adapter, requests)
        return sorted(
            (
                [getattr(state, fact) for fact in FACTS],
                state.queue or "",
                sorted((leg.extension or "", leg.outcome) for leg in state.legs),
            )
            for state in states
        )

    def test_every_story_of_every_system_is_logged_in_order_and_in_any_other(self):
        played = 0
        for code in sorted(import_module(f"{ADAPTERS}.registry").ADAPTERS):
            player = self.player.find_player(code)
            if not player:
                continue
            adapter = import_module(f"test_{code}").ADAPTER
            self.assertIsInstance(adapter.settings, Settings)
            for name, story in self.shared.STORIES.items():
                if name in adapter.guide.impossible:
                    continue
                played += 1
                with self.subTest(system=code, story=name):
                    sent = player().play(story)
                    expected = self._fold(adapter, sent)
                    # In order as they were waiting, and in any other as they arrive one by one.
                    self.assertEqual(self._log(adapter, [sent]), expected)
                    mixed = random.Random(name).sample(sent, len(sent))
                    self.assertEqual(self._log(adapter, [[one] for one in mixed]), expected)
        self.assertGreater(played, 8 * len(self.shared.STORIES) // 2, "some systems were left out")
