# `call_outline` first: the others extend its model.
# isort: off
from . import call_outline, call_outline_point
from . import res_company, res_config_settings
from . import asking, keeping, follow_up, taking_over, screen
