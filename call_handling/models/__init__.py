# The mixins first: the models of all rooms inherit from them.
# isort: off
from . import mixins
from . import (
    audit,
    call,
    callback,
    control,
    dial,
    directory,
    event,
    health,
    importing,
    pbx,
    private,
    protection,
    recording,
    sorting,
    transcript,
)
from . import account_analytic_line, base, calendar_event, hr_department, hr_employee
from . import ir_attachment, ir_http, ir_http_delivery, ir_rule, ir_websocket
from . import mail_activity, mail_followers, mail_message, mail_scheduled_message
from . import onboarding_onboarding, onboarding_onboarding_step
from . import project_project, project_task
from . import res_company, res_config_settings, res_partner, res_users
from . import res_users_push, resource_resource
from . import diagnosis
from . import outline  # last: it extends models of all of these
