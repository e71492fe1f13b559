"""The way of an event, from the request of a telephone system to the calls it is about."""

from .intake import MAX_CALLS, Intake
