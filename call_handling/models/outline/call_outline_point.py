from odoo import api, fields, models

from ...adapters.summarizing import Kind

KINDS = [
    (Kind.SUMMARY.value, "Summary"),
    (Kind.REASON.value, "Reason of the Call"),
    (Kind.AGREED.value, "Agreed"),
    (Kind.QUESTION.value, "Open Question"),
    (Kind.ACTION.value, "To Do"),
    (Kind.CATEGORY.value, "Category"),
    (Kind.PROJECT.value, "Project"),
]


class CallOutlinePoint(models.Model):
    """One thing that is proposed about a call, for a person to take over or to dismiss.

    Its text repeats what anybody may have said: it is plain text, and never more than that.
    """

    _name = "call.outline.point"
    _description = "Point of an Outline"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "outline_id desc, id"
    _rec_name = "text"

    outline_id = fields.Many2one("call.outline", required=True, index=True, ondelete="cascade")
    kind = fields.Selection(KINDS, required=True)
    text = fields.Char()
    who = fields.Char(string="Person", help="Who does it, as it was said.")
    date_due = fields.Date(string="Until")
    category_id = fields.Many2one("call.category", index="btree_not_null", ondelete="cascade")
    project_id = fields.Many2one("project.project", index="btree_not_null", ondelete="cascade")
    state = fields.Selection(
        [("open", "Open"), ("taken", "Taken Over"), ("dismissed", "Dismissed")],
        required=True,
        default="open",
    )
    target = fields.Char(string="Taken Over As", export_string_translation=False)
    decided_by_id = fields.Many2one("res.users", ondelete="restrict", when_left="kept")
    date_decided = fields.Datetime(string="Decided At")

    # === BUSINESS METHODS === #

    @api.model
    def _prepare_values(self, point):
        """Return the values of a point that was read from an answer.

        :param adapters.summarizing.Point point: what was read
        :rtype: dict
        """
        return {
            "kind": point.kind.value,
            "text": point.text or False,
            "who": point.who or False,
            "date_due": point.due or False,
            "category_id": point.choice if point.kind is Kind.CATEGORY else False,
            "project_id": point.choice if point.kind is Kind.PROJECT else False,
        }

    def _get_content(self):
        """Return what is proposed, to be compared with what was decided before.

        :rtype: tuple
        """
        self.ensure_one()
        return self.kind, self.text, self.category_id.id, self.project_id.id


class CallCall(models.Model):
    _inherit = "call.call"

    outline_ids = fields.One2many(
        "call.outline",
        "call_id",
        groups="call_handling.group_call_recording_own",
    )
