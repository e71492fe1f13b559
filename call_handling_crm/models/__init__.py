from . import call_call, call_rule, crm_lead
