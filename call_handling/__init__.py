from . import controllers, models, report, wizard
from .hooks import post_init_hook, uninstall_hook
from .tools import hide_keys_of_requests, hide_values_of_statements

hide_values_of_statements()
hide_keys_of_requests()
