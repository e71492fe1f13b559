from . import call_block, call_category, call_line, call_number, call_proposal, call_rule
