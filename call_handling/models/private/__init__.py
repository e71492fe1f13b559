from . import call_private_count, call_private_number
