from . import call_event
