from odoo import api, fields, models
from odoo.fields import Domain

MODES = [("all", "All calls"), ("request", "On request"), ("never", "Never")]
NEVER, REQUEST, ALL = "never", "request", "all"


class CallRecordingRule(models.Model):
    """Which recordings are stored. Of the rules that fit a call, the first one counts; where none
    fits, nothing is stored."""

    _name = "call.recording.rule"
    _description = "Rule for Recordings"
    _inherit = ["call.audited.mixin", "call.guard.mixin"]
    _order = "sequence, id"
    _rec_name = "mode"

    sequence = fields.Integer(default=10, writable="admin")
    active = fields.Boolean(default=True, writable="admin")
    company_id = fields.Many2one(
        "res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
        ondelete="restrict",
        writable="admin",
    )
    mode = fields.Selection(
        MODES,
        string="Store Recordings of",
        required=True,
        default=NEVER,
        writable="admin",
        help="On request: only those that somebody has asked for during the call, as far as the "
        "telephone system reports that. Never: what is sent nevertheless is refused.",
    )
    direction = fields.Selection(
        [("incoming", "Incoming"), ("outgoing", "Outgoing"), ("internal", "Internal")],
        writable="admin",
        help="Empty: calls in all directions.",
    )
    pbx_id = fields.Many2one(
        "call.pbx",
        string="Telephone System",
        check_company=True,
        ondelete="restrict",
        writable="admin",
        help="Empty: all telephone systems.",
    )
    line_id = fields.Many2one(
        "call.line",
        string="Own Number",
        check_company=True,
        ondelete="restrict",
        writable="admin",
        help="Empty: calls to and from all own numbers.",
    )
    department_id = fields.Many2one(
        "hr.department",
        check_company=True,
        ondelete="restrict",
        writable="admin",
        help="Of the call, or a department above it. Empty: all departments.",
    )

    # === BUSINESS METHODS === #

    @api.model
    def _get_mode_for(self, call):
        """Return which recordings of a call are stored.

        :param call.call call: in the environment of the app
        :return: one of :data:`MODES`
        :rtype: str
        """
        rules = self.search([("company_id", "=", call.company_id.id)])
        return next((rule.mode for rule in rules if rule._fits(call)), NEVER)

    def _fits(self, call):
        """Return whether the rule is about a call."""
        self.ensure_one()
        return (
            self.direction in (False, call.direction)
            and (not self.pbx_id or self.pbx_id == call.pbx_id)
            and (not self.line_id or self.line_id == call.line_id)
            and (not self.department_id or self._is_of_department(call))
        )

    def _is_of_department(self, call):
        """Return whether a call is that of the rule's department, or of one below it."""
        departments = call.department_id | call.person_department_id
        paths = [department.parent_path or "" for department in departments]
        return any(str(self.department_id.id) in path.split("/") for path in paths)

    @api.model
    def _may_store_of(self, pbx):
        """Return whether any recording of a telephone system can be stored: nothing needs to be
        received otherwise.

        :param call.pbx pbx: the telephone system
        :rtype: bool
        """
        of_system = Domain("pbx_id", "in", [False, pbx.id])
        wanted = Domain("company_id", "=", pbx.company_id.id) & Domain("mode", "!=", NEVER)
        return bool(self.search_count(wanted & of_system, limit=1))
