from odoo import api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..tools import AUTOMATIC


class Base(models.AbstractModel):
    """What is recorded does not lose what it refers to without a word, whatever that is."""

    _inherit = "base"

    @api.ondelete(at_uninstall=False)
    def _unlink_except_in_use_by_calls(self):
        """Refuse to delete what calls, or the settings for calls, refer to: it can be archived.

        :raise UserError: how many calls use it, and what to do instead
        """
        links = self.env["call.call"]._get_restricting_links().get(self._name)
        if links and (uses := self._count_uses_by_calls(links)):
            raise UserError(self._explain_uses_by_calls(uses))
        self._log_deletion_on_calls()

    def _count_uses_by_calls(self, links):
        """Return what refers to these records.

        :param links: pairs of the name of a model and of its fields
        :return: counts by name for people
        :rtype: dict[str, int]
        """
        uses, of_calls = {}, Domain.FALSE
        for model, names in links:
            # sudo: what refers to it counts, whatever of that the user may see
            Model_sudo = self.env[model].sudo().with_context(active_test=False)
            domain = Domain.OR(Domain(name, "in", self.ids) for name in names)
            if model == "call.call":
                of_calls |= domain
            elif "call_id" in Model_sudo._fields:
                of_calls |= Domain("id", "in", Model_sudo._search(domain).subselect("call_id"))
            elif count := Model_sudo.search_count(domain):
                uses[self.env["ir.model"]._get(model).name] = count
        if count := self.env["call.call"].sudo().search_count(of_calls):
            uses = {self.env._("Calls"): count} | uses
        return uses

    def _explain_uses_by_calls(self, uses):
        names = ", ".join(self[:3].mapped("display_name"))
        found = ", ".join(f"{name}: {count}" for name, count in uses.items())
        if self._active_name:
            return self.env._(
                "In use, and therefore not deleted: %(names)s (%(uses)s). Archive them instead.",
                names=names,
                uses=found,
            )
        return self.env._(
            "In use, and therefore not deleted: %(names)s (%(uses)s). Replace them there first.",
            names=names,
            uses=found,
        )

    def _log_deletion_on_calls(self):
        """Log on calls that what was created from them is deleted. A call that becomes private
        itself deletes it."""
        if AUTOMATIC.get(self.env):
            return
        Call_sudo = self.env["call.call"].sudo()
        for follow_up in Call_sudo._get_follow_ups().values():
            if follow_up.model == self._name:
                label = Call_sudo._fields[follow_up.link]._description_string(self.env)
                # sudo: calls say what they have lost, whoever deletes it
                for call_sudo in Call_sudo.search([(follow_up.link, "in", self.ids)]):
                    call_sudo._message_log(body=self.env._("%s: deleted.", label))
