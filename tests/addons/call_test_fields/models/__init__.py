from . import call_call, call_leg, call_test_visit
