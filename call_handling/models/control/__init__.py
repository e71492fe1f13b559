from . import call_call, call_control
