from . import (
    call_block_mixin,
    call_by_hand_mixin,
    call_callback_mixin,
    call_correction_mixin,
    call_count_mixin,
    call_event_mask_mixin,
    call_event_store_mixin,
    call_hand_over_mixin,
    call_note_mixin,
    call_pbx_access_mixin,
    call_pbx_api_mixin,
    call_pbx_gate_mixin,
    call_pbx_lookup_mixin,
    call_pbx_simulation_mixin,
    call_private_mixin,
    call_rule_mixin,
    call_screen_mixin,
    call_search_mixin,
    call_talk_mixin,
    call_time_log_mixin,
    call_time_mixin,
    call_time_rule_mixin,
    call_work_mixin,
)  # isort: split

# Each builds upon those before it.
from . import call_follow_up_mixin  # isort: split

from . import call_attach_mixin, call_meeting_mixin  # isort: split

from . import call_take_back_mixin  # isort: split

from . import (
    account_analytic_line,
    calendar_event,
    call_assignment,
    call_block,
    call_call,
    call_callback,
    call_category,
    call_event,
    call_extension,
    call_fact,
    call_intake,
    call_leg,
    call_line,
    call_note,
    call_number,
    call_pbx,
    call_private_count,
    call_private_number,
    call_rule,
    ir_http,
    ir_websocket,
    project_project,
    project_task,
    res_company,
    res_config_settings,
    res_partner,
)
