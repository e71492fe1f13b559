from odoo import models

AT_ONCE = 100  # calls


class CallCall(models.Model):
    """Work over any number of calls: a request does it for the first ones, and a scheduled action
    for all others, see `call.work`. So the time that a request takes, and for which it keeps rows
    locked, does not grow with the number of calls.

    An addon adds work with a method ``_batch_<kind>``. It runs later, too: it must look at what
    the calls are like then.
    """

    _inherit = "call.call"

    def _do_in_batches(self, kind, **values):
        """Do something with calls: with the first ones now, with the others in the background.

        :param str kind: there is a method ``_batch_<kind>`` of calls
        :param values: further arguments of the method, which can be stored as JSON
        :return: how many calls are left to the background
        :rtype: int
        """
        first, remaining = self._put_off(kind, **values)
        getattr(first, f"_batch_{kind}")(**values)
        return remaining

    def _put_off(self, kind, **values):
        """Leave all but the first calls to the background.

        :param str kind: as of :meth:`_do_in_batches`
        :param values: as of :meth:`_do_in_batches`
        :return: the first calls, and how many the others are
        :rtype: tuple[call.call, int]
        """
        first, others = self[:AT_ONCE], self[AT_ONCE:]
        if others:
            self.env["call.work"]._add(kind, others, values)
        return first, len(others)
