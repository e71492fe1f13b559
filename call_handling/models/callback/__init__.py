from . import call_callback, forgotten, reminding
