from . import call_callback
