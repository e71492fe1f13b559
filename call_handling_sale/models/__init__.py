from . import call_call, call_rule, sale_order
