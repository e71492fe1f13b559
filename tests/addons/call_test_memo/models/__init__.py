from . import call_call, call_rule, call_test_memo
