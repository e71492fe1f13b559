from . import call_event, call_reference, unreadable
