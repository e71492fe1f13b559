from odoo import models

from . import batches


class CallCall(models.Model):
    """What a person writes into many selected calls at once, in a list."""

    _inherit = "call.call"

    def web_save(self, vals, specification, next_id=None):
        """Override: of many calls, the first ones are written now and the others in the
        background. A notification says so, as the list still shows these as they were."""
        if len(self) <= batches.AT_ONCE or next_id:
            return super().web_save(vals, specification, next_id=next_id)
        self.check_access("write")
        remaining = self._do_in_batches("edit", vals=vals)
        self._notify_background(
            self.env._(
                "%s more calls are changed in the background, within the next minutes.", remaining
            )
        )
        return self.with_context(bin_size=True).web_read(specification)

    def _batch_edit(self, vals):
        """Write what a person has written into a selection of which these calls are a part."""
        self.write(vals)

    def _notify_background(self, message):
        """Show a notification to the user."""
        # sudo: to oneself
        self.env.user.sudo()._bus_send("simple_notification", {"type": "info", "message": message})
