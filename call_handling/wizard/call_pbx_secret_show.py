from odoo import fields, models


class CallPbxSecretShow(models.AbstractModel):
    """Shows a new secret once. Abstract, so that it is stored nowhere."""

    _name = "call.pbx.secret.show"
    _description = "Show a Secret"

    # the onchange that fills the form returns the secret only if there is an id field
    id = fields.Id()
    secret = fields.Char(readonly=True)
    standard_secret = fields.Char(string="Secret for Standard Webhooks", readonly=True)
