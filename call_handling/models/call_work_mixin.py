import logging
import traceback

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

_logger = logging.getLogger(__name__)

BATCH = 100  # calls
CRON = "call_handling.ir_cron_do_work"


class CallWorkMixin(models.AbstractModel):
    """What follows from calls by itself, such as tasks and timesheet lines.

    An event is taken quickly, whatever else goes wrong. So what takes long or may fail is only
    noted on its way, and done at once by a scheduled action.

    A kind of work has a name. Whoever adds one overrides :meth:`_get_work`, has a method
    ``_work_<name>``, and undoes it in :meth:`_undo_work`.
    """

    _name = "call.work.mixin"
    _description = "What Follows from Calls"

    is_work_due = fields.Boolean(readonly=True, copy=False, export_string_translation=False)
    work_error = fields.Char(string="Could Not Be Made", readonly=True, copy=False)

    # === ACTION METHODS === #

    def action_retry_work(self):
        """Try again to make what could not be made."""
        self.check_access("write")
        for call in self:
            # sudo: what follows from calls by itself is no matter of the user's rights
            call.sudo()._do_work()

    # === BUSINESS METHODS === #

    def _sort(self):
        """Sort calls of which something has changed, and note what follows from it.

        :return: the calls that are left: a rule may find that one is private
        :rtype: call.call
        """
        processed = self.filtered(lambda call: call._is_processed())
        left = self.env["call.rule"]._apply(processed)
        left._note_work()
        return self - processed + left

    def _is_processed(self):
        """Whether anything may follow from the call: it is nobody's business else."""
        self.ensure_one()
        return not self.is_private and not self.is_blocked

    def _get_work(self):
        """Names of what is still to be made of the call. On the way of every event: cheap.

        :rtype: list[str]
        """
        self.ensure_one()
        return []

    def _note_work(self):
        """Have the work done that has come up, by the scheduled action."""
        due_sudo = self.sudo().filtered(lambda call: not call.is_work_due and call._get_work())
        if due_sudo:
            due_sudo.with_context(call_handling_automatic=True).write({"is_work_due": True})
            self._wake_work()

    @api.model
    def _wake_work(self):
        # not env.ref(): it asks the database whether the action is there
        cron_id = self.env["ir.model.data"]._xmlid_to_res_id(CRON)
        # sudo: what follows from calls by itself is no matter of the user's rights
        self.env["ir.cron"].sudo().browse(cron_id)._trigger()

    def _do_work(self):
        """Make what is to be made of the call. What cannot be made is told on the call."""
        self.ensure_one()
        error = self._try_work()
        self.with_context(call_handling_automatic=True).write(
            {"is_work_due": False, "work_error": error}
        )

    def _try_work(self):
        """Make what is to be made; nothing is left of what cannot be made in whole.

        :return: why not, for people; ``False`` if all is well
        """
        try:
            with self.env.cr.savepoint():
                for name in self._get_work():
                    getattr(self, f"_work_{name}")()
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except UserError as error:
            self.env.invalidate_all(flush=False)
            return str(error)
        except Exception as error:
            return self._log_failure(error)
        return False

    def _log_failure(self, error):
        """Tell the log where something failed. Why may name a caller: that is for the call.

        :rtype: str
        """
        where = "".join(traceback.format_tb(error.__traceback__))
        name = type(error).__name__
        _logger.error("What follows from call %s cannot be made: %s\n%s", self.id, name, where)
        self.env.invalidate_all(flush=False)
        return f"{name}: {error}"

    def _check_undo_work(self):
        """Whether all that was made of the call can be undone.

        :raise UserError: something cannot, with what to do about it
        """
        self.ensure_one()

    def _undo_work(self):
        """Undo all that was made of the call, as if it had never been."""
        self.ensure_one()

    # === CRON METHODS === #

    @api.model
    def _cron_do_work(self):
        """Do the work that is due. Calls that an event is changing just now come later."""
        due = self.search([("is_work_due", "=", True)], order="id")
        self.env["ir.cron"]._commit_progress(remaining=len(due))
        for call in due[:BATCH]:
            if not self.env["call.intake"]._try_lock(call):
                self._wake_work()
            elif call.is_work_due:
                call._do_work()
            if not self.env["ir.cron"]._commit_progress(1):
                break
