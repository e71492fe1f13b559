# The mixins first: the models of all rooms inherit from them.
# isort: off
from . import mixins
from . import audit, call, callback, dial, event, health, pbx, private, sorting
from . import account_analytic_line, base, calendar_event, hr_department, hr_employee
from . import ir_http, ir_http_delivery, ir_rule, ir_websocket, mail_activity, mail_followers
from . import project_project, project_task
from . import res_company, res_config_settings, res_partner, res_users
