import hashlib

from odoo import api, models
from odoo.tools import SQL


class CallCallbackFollowMixin(models.AbstractModel):
    """Opens and closes what waits to be called back, as the calls tell.

    What waits in the end are the missed calls after the last conversation with a number, in
    whatever order all of them have become known.
    """

    _name = "call.callback.follow.mixin"
    _description = "Following of Callbacks"

    @api.model
    def _follow(self, calls, quiet=None):
        """Calls have come, have been answered, or have turned out to be something else.

        :param call.call calls: of which state, outcome or number have changed
        :param dict quiet: numbers that do not wait for sure, by reference of the call
        """

        def is_quiet(call):
            return quiet and quiet.get(call.pbx_ref) == call.remote_number

        # sudo: who waits does not depend on what the user may see
        self_sudo = self.sudo()
        calls_sudo = calls.sudo().sorted(lambda call: (call.remote_number or "", call.id))
        for call_sudo in calls_sudo:
            if call_sudo.callback_id and not call_sudo._is_to_call_back():
                self_sudo._let_go(call_sudo)
            if call_sudo._is_to_call_back() and not call_sudo.callback_id:
                self_sudo._await(call_sudo)
            elif call_sudo._is_spoken() and not is_quiet(call_sudo):
                self_sudo._close(call_sudo)

    @api.model
    def _await(self, call):
        """A call was missed: the number waits, unless somebody has spoken with it since."""
        self._lock(call.remote_number, call.company_id)
        if call._is_answered_since():
            return
        callback = self._search_open(call.remote_number, call.company_id)
        if callback:
            call.callback_id = callback
        else:
            values = {"number": call.remote_number, "company_id": call.company_id.id}
            self.create(values | {"call_ids": [(4, call.id)]})

    @api.model
    def _close(self, call):
        """Somebody speaks with a number: it does not wait any more.

        Calls that it made later, in vain, go on waiting: events may come late.
        """
        callback = self._search_open(call.remote_number, call.company_id)
        later = callback.call_ids.filtered(lambda missed: missed.date_start > call.date_answer)
        if later:
            (callback.call_ids - later).callback_id = False
        elif callback:
            callback.write(
                {
                    "state": "done",
                    "date_done": call.date_answer,
                    "done_call_id": call.id,
                    "done_user_id": call.user_id.id,
                }
            )

    @api.model
    def _let_go(self, calls):
        """Calls are no reason to call back any more."""
        # sudo: who waits does not depend on what the user may see
        calls_sudo = calls.sudo()
        callbacks_sudo = calls_sudo.callback_id
        calls_sudo.with_context(call_handling_automatic=True).callback_id = False
        callbacks_sudo.filtered(lambda callback: not callback.call_ids).unlink()

    @api.model
    def _search_open(self, number, company):
        domain = [("number", "=", number), ("company_id", "=", company.id), ("state", "=", "open")]
        return self.search(domain, limit=1)

    @api.model
    def _lock(self, number, company):
        """Two calls of one number that end at once open one of these."""
        name = f"call.callback {company.id} {number}".encode()
        key = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)
        self.env.cr.execute(SQL("SELECT pg_advisory_xact_lock(%s)", key))
