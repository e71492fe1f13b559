from . import controllers, models, report, wizard
from .hooks import post_init_hook, uninstall_hook
from .tools import hide_values_in_log

hide_values_in_log()
