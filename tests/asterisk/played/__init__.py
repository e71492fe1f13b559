"""Scenarios for the real Asterisk, and the calls that must be logged for them.

Each scenario defines who calls whom, what their phones do, and what Odoo must show. Times are
seconds since the beginning of the call.
"""

from . import clicked, conference, incoming, moved, named, outgoing
from .scenario import SCENARIOS

__all__ = ["SCENARIOS", "clicked", "conference", "incoming", "moved", "named", "outgoing"]
