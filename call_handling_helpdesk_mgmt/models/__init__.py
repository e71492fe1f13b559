from . import call_call, call_rule, helpdesk_ticket
