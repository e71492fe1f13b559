from odoo import api, fields, models
from odoo.exceptions import UserError

from ..adapters.demo import SCENARIOS, DemoAdapter, Scene, new_reference, play
from ..tools import public_method


class CallPbxSimulate(models.TransientModel):
    """Chooses a call for the simulated telephone system to play."""

    _name = "call.pbx.simulate"
    _description = "Simulate a Call"

    pbx_id = fields.Many2one("call.pbx", string="Telephone System", required=True)
    scenario = fields.Selection("_selection_scenario", required=True, default="answered")
    remote_number = fields.Char(
        string="Other Side", required=True, default=lambda self: self._default_remote_number()
    )
    line_id = fields.Many2one(
        "call.line",
        string="Own Number",
        default=lambda self: self.env["call.line"].search([], limit=1),
    )
    phones_needed = fields.Integer(compute="_compute_inputs")
    asks_remote = fields.Boolean(compute="_compute_inputs")
    asks_line = fields.Boolean(compute="_compute_inputs", export_string_translation=False)
    extension_id = fields.Many2one(
        "call.extension",
        string="Phone",
        compute="_compute_extension_id",
        store=True,
        readonly=False,
        domain="[('pbx_id', '=', pbx_id)]",
        help="Whose call it is.",
    )
    extension_ids = fields.Many2many(
        "call.extension",
        string="Other Phones",
        compute="_compute_extension_ids",
        store=True,
        readonly=False,
        domain="[('pbx_id', '=', pbx_id), ('id', '!=', extension_id)]",
    )
    talk_seconds = fields.Integer(string="Talk Time", default=12, required=True)

    @api.model
    def _selection_scenario(self):
        translate = self.env["call.pbx"]._translate
        return [(name, translate(DemoAdapter, s.label)) for name, s in SCENARIOS.items()]

    @api.model
    def _default_remote_number(self):
        known = self.env["res.partner"].search(
            [("phone_sanitized", "!=", False), ("user_ids", "=", False)], limit=1
        )
        return known.phone_sanitized or "+12025550142"

    @api.depends("scenario")
    def _compute_inputs(self):
        for simulation in self:
            scenario = SCENARIOS[simulation.scenario]
            simulation.phones_needed = scenario.phones
            simulation.asks_remote = scenario.asks_remote
            simulation.asks_line = scenario.asks_line

    @api.depends("pbx_id")
    def _compute_extension_id(self):
        for simulation in self:
            extensions = simulation.pbx_id.extension_ids
            own = extensions.filtered(lambda extension: extension.user_id == self.env.user)
            simulation.extension_id = (own | extensions)[:1]

    @api.depends("extension_id")
    def _compute_extension_ids(self):
        for simulation in self:
            others = simulation.pbx_id.extension_ids - simulation.extension_id
            simulation.extension_ids = others[:2]

    @public_method(one=True)
    def action_play(self):
        """Let the browser play the call, step by step."""
        return {
            "type": "ir.actions.client",
            "tag": "call_handling.play",
            "params": {"pbx_id": self.pbx_id.id, "steps": self._get_steps()},
        }

    def _get_steps(self):
        """Return the call as pairs of seconds from now and an event.

        :raise UserError: it needs more phones than were chosen
        :rtype: list[tuple[float, dict]]
        """
        phones = self.extension_id | self.extension_ids
        if len(phones) < self.phones_needed:
            raise UserError(
                self.env._(
                    "Choose at least %(count)s phones for this call. Phones are entered as "
                    "extensions of the telephone system.",
                    count=self.phones_needed,
                )
            )
        scene = Scene(
            remote=self.remote_number,
            line=self.line_id.number or "",
            phones=[phone.number for phone in phones],
            talk=max(1, self.talk_seconds),
        )
        return play(self.scenario, scene, new_reference())
