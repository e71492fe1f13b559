from odoo import api, models
from odoo.exceptions import AccessError

from ...tools import ADMIN


class CallCall(models.Model):
    """What other people have put on a call: messages, files, activities.

    Whoever may edit the call can neither change nor delete them: only who has put them there, and
    administrators of calls. Notes have rules of their own, see `call.note`.
    """

    _inherit = "call.call"

    @api.model
    def _forbid_changing_others(self, records, operation, result, get_owners):
        """Forbid to change what other people have put on calls. For ``_check_access`` of models
        whose records lead to calls by model and id.

        :param records: of one model
        :param str operation: as for ``_check_access``
        :param tuple result: of ``_check_access``, before
        :param get_owners: returns those who may change a record, as users
        :return: as ``_check_access`` does
        :rtype: tuple | None
        """
        if self.env.su or operation not in ("write", "unlink"):
            return result
        remaining = records - result[0] if result else records
        # sudo: what it belongs to, and whose it is, decides, whatever the user may read
        of_others = remaining.sudo().filtered(
            lambda record: record.id
            and record[self._get_model_field(record)] == self._name
            and self.env.user not in get_owners(record)
        )
        if not of_others or self.env.user.has_group(ADMIN):
            return result
        forbidden = of_others.sudo(False) + (result[0] if result else records.browse())
        return forbidden, result[1] if result else self._make_error_about_others

    @api.model
    def _get_model_field(self, record):
        return "model" if "model" in record._fields else "res_model"

    @api.model
    def _make_error_about_others(self):
        return AccessError(
            self.env._(
                "Somebody else has put this on the call. Only that person, or an administrator of "
                "calls, can change or delete it."
            )
        )

    def _message_update_content(self, message, /, **kwargs):
        """Override of `mail`: administrators of Odoo may edit messages of others there."""
        message.with_env(self.env).check_access("write")
        return super()._message_update_content(message, **kwargs)
