from odoo import models
from odoo.exceptions import UserError

from ...tools import public_method


class CallCall(models.Model):
    """The diagnosis file of one call."""

    _inherit = "call.call"

    # === ACTION METHODS === #

    @public_method(one=True)
    def action_export_diagnosis(self):
        """Download a file about the call for a bug report, in which nobody is named.

        :raise AccessError: the user does not administer calls
        :raise UserError: nothing is stored of what was reported about the call
        """
        self._check_diagnosis()
        return self.pbx_id._open_diagnosis(self)

    # === BUSINESS METHODS === #

    def _check_diagnosis(self):
        """Check that there may be a file about the call.

        :raise AccessError: the user does not administer calls
        :raise UserError: nothing is stored of what was reported about the call
        """
        self.check_access("read")
        self.pbx_id._check_diagnosis()
        if self.is_private or not self.pbx_id or not self.event_ids:
            raise UserError(
                self.env._(
                    "There is no diagnosis file of this call: it is private, was logged by hand, "
                    "or its events were deleted. Make the file from another call, or from the "
                    "telephone system."
                )
            )

    def _make_diagnosis(self):
        """Return the content of the file.

        :rtype: dict
        """
        self._check_diagnosis()
        return self.pbx_id._prepare_diagnosis(self.event_ids, self)

    def _describe_course(self, rename=str):
        """Return what happened in the call, as it is compared with a replay.

        :param rename: returns what replaces a number
        :rtype: dict
        """
        return {
            "direction": self.direction,
            "state": self.state,
            "outcome": self.outcome or None,
            "wait_seconds": self.wait_seconds,
            "talk_seconds": self.talk_seconds,
            "is_anonymous": self.is_anonymous,
            "remote_number": rename(self.remote_number or "") or None,
            "line_number": rename(self.line_number or "") or None,
            "legs": [
                {
                    "extension": rename(leg.extension or "") or None,
                    "outcome": leg.outcome or None,
                    "seconds": leg._get_length(),
                }
                for leg in self.leg_ids
            ],
        }


class CallLeg(models.Model):
    _inherit = "call.leg"

    def _get_length(self):
        """Return for how many seconds the phone took part; ``None`` if it was not answered."""
        if not self.date_answer or not self.date_end:
            return None
        return round((self.date_end - self.date_answer).total_seconds())
