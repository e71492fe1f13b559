from datetime import timedelta

from odoo import api, fields, models, tools

from ..event.call_event import DELETED


class CallCall(models.Model):
    """Which calls are history: nothing follows from them automatically any more, and nobody is
    informed. What is known about them is still completed, and people can do with them whatever
    they can do with any call.
    """

    _inherit = "call.call"

    # === CRUD METHODS === #

    def unlink(self):
        """Override: a call that was deleted does not come back with a late or repeated event.
        Unless the app itself has deleted the events before, to read them again."""
        if not (self.env.su and self.env.context.get("call_handling_keeping_events")):
            self.check_access("unlink")
            # sudo: whoever may delete a call need not see its events
            events_sudo = self.env["call.event"].sudo()
            for call in self:
                if not self.env.su or events_sudo.search_count(events_sudo._get_domain_of(call)):
                    events_sudo._forget(call, DELETED)
        return super().unlink()

    # === BUSINESS METHODS === #

    @api.model
    @tools.ormcache()
    def _get_restricting_links(self):
        """Return by which fields calls, and the settings for calls, keep other records from being
        deleted.

        :return: by name of the model referred to: pairs of a model and the names of its fields
        :rtype: dict[str, tuple]
        """
        links = {}
        for name, model in sorted(self.env.registry.items()):
            if name.startswith("call.") and model._auto and not model._transient:
                for field in model._fields.values():
                    if field.type == "many2one" and field.store and field.ondelete == "restrict":
                        found = links.setdefault(field.comodel_name, {})
                        found.setdefault(name, []).append(field.name)
        return {model: tuple(found.items()) for model, found in links.items()}

    def _unlink_keeping_events(self):
        """Delete rows that have become part of another call, or are no call at all: their events
        remain."""
        self.with_context(call_handling_keeping_events=True).unlink()

    def _is_history(self):
        """Return whether the call is history: it ended or, if no end is known, began longer ago
        than its company wants. On the way of every event, so it must not query the database.

        ``call_handling_history`` in the context decides, where it is set: ``True`` while calls
        are completed, ``False`` for what a person asks for.

        :rtype: bool
        """
        self.ensure_one()
        known = self.env.context.get("call_handling_history")
        if known is not None:
            return known
        days = self.env["res.company"]._get_call_history_days(self.company_id.id)
        last = self.date_end or self.date_start
        return bool(days) and last < fields.Datetime.now() - timedelta(days=days)
