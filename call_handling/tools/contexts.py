"""What the app says to itself in the context.

Whoever calls a method from outside chooses its context. So where something depends on it that no
request may decide, the key is a :class:`ContextKey`: its value is an object of a class of ours,
which no request can express, and whatever else stands there has no effect. A test finds keys of
ours that are read in another way, and names the few that screens may send.

``NO_CHATTER`` and ``NO_NOTIFICATION`` also set keys of Odoo's own. Those, any request can set, so
nothing of ours depends on them.
"""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class _Said:
    """What stands in the context under a key of the app."""

    value: Any


class ContextKey:
    """A key of the context that only code sets.

    :param str name: as it stands in the context
    """

    def __init__(self, name):
        self.name = name

    def set(self, value=True):
        """Return what ``with_context`` takes to set the key.

        :param value: must be hashable
        :rtype: dict
        """
        return {self.name: _Said(value)}

    def get(self, env):
        """Return the value that code has set.

        :param odoo.api.Environment env: the one whose context it is
        :return: ``None`` if no code has set one
        """
        said = env.context.get(self.name)
        return said.value if isinstance(said, _Said) else None


# No person makes the change: it is not remembered as a choice, and nothing follows from it at once.
AUTOMATIC = ContextKey("call_handling_automatic")
# A call becomes private: what it has led to for others remains.
ERASING = ContextKey("call_handling_erasing")
# A call is deleted whose events remain, to be read again.
KEEPING_EVENTS = ContextKey("call_handling_keeping_events")
# Whether calls are history, where something else decides it than the time since they ended.
HISTORY = ContextKey("call_handling_history")
# A number is not what a person has typed: it remains as the telephone system has sent it.
AS_SENT = ContextKey("call_handling_as_sent")
# The kind of follow-up that is being created.
KIND = ContextKey("call_handling_kind")
# The point of an outline that a follow-up is about.
POINT = ContextKey("call_handling_point")
# The screen on which a person writes, which need not be informed.
SCREEN = ContextKey("call_handling_screen")
# First and last day of which a report is asked for facts.
PERIOD = ContextKey("call_handling_period")
# The model with the sums from which a report is answered, and days that are read live nevertheless.
SUMS = ContextKey("call_handling_sums")

# Skips the chatter's machinery, on the way of an event.
NO_CHATTER = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_activity_automation_skip": True,
    **AUTOMATIC.set(),
}

# Notifies nobody of what is created without a person, or taken back.
NO_NOTIFICATION = {
    **AUTOMATIC.set(),
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_mail_to_attendees": True,
}
