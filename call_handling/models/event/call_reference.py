from odoo import fields, models


class CallReference(models.Model):
    """An id under which a telephone system reports a call. A call has several if it was several
    ones for the telephone system: it was picked up, parked, transferred or held a conference.

    Only the intake writes it, in plain SQL; see `call.event._link`.
    """

    _name = "call.reference"
    _description = "Reference of a Call"
    _inherit = ["call.name.mixin", "call.guard.mixin"]
    _order = "id"
    _rec_name = "ref"
    _log_access = False

    pbx_id = fields.Many2one(
        "call.pbx", string="Telephone System", required=True, ondelete="cascade"
    )
    ref = fields.Char(string="Reference", required=True)
    call_id = fields.Many2one("call.call", required=True, index=True, ondelete="cascade")
    former_id = fields.Integer(
        string="Former ID", help="Id of the row that the call had before it became part of another."
    )

    _ref_uniq = models.UniqueIndex(
        "(pbx_id, ref)", "This reference already leads to a call of the telephone system."
    )
    _former_id_idx = models.Index("(former_id) WHERE former_id IS NOT NULL")
