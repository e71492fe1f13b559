from datetime import datetime

from odoo import api, models

from ...intake import Intake

# Settings of a file that are fields of the telephone system, too
SETTINGS = ("area_code", "national_numbers", "outside_prefix", "stale_hours", "tz")


class CallPbx(models.Model):
    """What a diagnosis file of somebody else leads to, for developers."""

    _inherit = "call.pbx"

    @api.model
    def _replay_diagnosis(self, content):
        """Create a telephone system like that of a file, and process its messages in the order in
        which they had arrived. Only the proof of their sender is left out: nobody else has the
        secret. The calls are history: nothing is created from them.

        :param dict content: of the file
        :return: the telephone system
        :rtype: call.pbx
        """
        pbx = self.create(self._prepare_replayed(content["system"]))
        adapter = pbx._get_adapter()
        for event in content["events"]:
            if "message" in event:
                arrived = datetime.fromisoformat(event["arrived"])
                message = adapter.understand(event["message"], arrived)
                Intake(pbx, adapter, is_history=True).process([message])
        return pbx

    @api.model
    def _prepare_replayed(self, system):
        named = {peer["name"] for peer in system["peers"] if peer["extension"]}
        lines = {peer["name"] for peer in system["peers"] if not peer["extension"]}
        country = self.env["res.country"].search([("code", "=", system["country"] or "")])
        return {name: system[name] for name in SETTINGS} | {
            "name": self.env._("Replay of a Diagnosis File"),
            "adapter": system["adapter"],
            "country_id": country.id,
            "trunk_names": ", ".join(sorted({*system["trunks"], *lines})),
            "extension_ids": [
                (0, 0, {"number": number}) for number in sorted({*system["phones"], *named})
            ],
        }
