from . import call_call, call_command, call_control
