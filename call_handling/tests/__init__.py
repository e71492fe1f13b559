from . import (
    test_access,
    test_by_hand,
    test_call,
    test_demo,
    test_intake,
    test_js,
    test_matching,
    test_pbx,
    test_phone,
    test_rule,
    test_traces,
    test_webhook,
)
