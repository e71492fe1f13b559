# The mixins first: the models of all rooms inherit from them.
from . import mixins  # isort: split
from . import callback, call, dial, event, pbx, private, sorting  # isort: split
from . import (
    account_analytic_line,
    calendar_event,
    hr_department,
    hr_employee,
    ir_http,
    ir_websocket,
    project_project,
    project_task,
    res_company,
    res_config_settings,
    res_partner,
    res_users,
)
