from . import call_call, call_pbx, replaying
