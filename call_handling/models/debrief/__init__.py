# `call_debrief` first: the others extend its model.
# isort: off
from . import call_debrief, call_debrief_point
from . import res_company, res_config_settings
from . import asking, keeping, follow_up, taking_over, screen
