from . import call_event, call_reference, inserting, retrying, unreadable, waiting
