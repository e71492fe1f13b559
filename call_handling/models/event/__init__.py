from . import call_event, call_reference, closed, inserting, retrying, unreadable, waiting
