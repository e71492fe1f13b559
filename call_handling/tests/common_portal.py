import json

from odoo.tests import HttpCase, new_test_user
from odoo.tools import mute_logger


class PortalCommon(HttpCase):
    """Sends requests as a browser, or a program, would: as a customer, an employee or nobody."""

    @classmethod
    def _create_portal_user(cls, partner):
        names = {"name": partner.name, "email": partner.email or "customer@example.com"}
        return new_test_user(
            cls.env, "customer", "base.group_portal", partner_id=partner.id, **names
        )

    def _run_scheduled_action(self, xmlid):
        """Override: while requests are answered, Odoo's tests always are in test mode."""
        self.env.ref(f"call_handling.{xmlid}").method_direct_trigger()
        self.env.invalidate_all()

    def _rpc(self, user, model, method, *args, **kwargs):
        """Call a method of a model through JSON-RPC.

        :return: the result, or the name of the error
        """
        self.authenticate(user.login, user.login)
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        with mute_logger("odoo.http"):  # what is refused
            answer = json.loads(self._request(f"/web/dataset/call_kw/{model}/{method}", params))
        if error := answer.get("error"):
            return error["data"]["name"].rpartition(".")[2]
        return answer["result"]

    def _request(self, url, params):
        """Return the answer to a JSON-RPC request, as text."""
        body = json.dumps({"jsonrpc": "2.0", "method": "call", "params": params})
        return self.url_open(url, data=body, headers={"Content-Type": "application/json"}).text

    def _page(self, user, url):
        """Return a page as a user gets it, in which it must be."""
        self.authenticate(user.login, user.login)
        response = self.url_open(url)
        self.assertEqual(response.status_code, 200)
        return response.text
