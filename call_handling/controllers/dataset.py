from odoo import http
from odoo.http import request

from odoo.addons.web.controllers.dataset import DataSet


class DataSetController(DataSet):
    """Calls of methods by screens."""

    def _is_readonly(self, rule, args):
        """Return whether a replica of the database can answer.

        A screen that reads again because of a message must not get what stood there before the
        message: a replica may be behind, and nothing would correct it until the next message. Such
        requests name it in the context, see static/src/call_primary/call_primary.js. That is no
        matter of rights: whoever names it without need gets the same answer.
        """
        kwargs = request.get_json_data()["params"].get("kwargs")
        context = kwargs.get("context") if isinstance(kwargs, dict) else None
        if isinstance(context, dict) and context.get("call_handling_primary"):
            return False
        return self._call_kw_readonly(rule, args)

    @http.route(readonly=_is_readonly)
    def call_kw(self, model, method, args, kwargs, path=None):
        """Override to answer from the primary database what has to be."""
        return super().call_kw(model, method, args, kwargs, path=path)
