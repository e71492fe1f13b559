from . import (
    call_by_hand_mixin,
    call_pbx_access_mixin,
    call_pbx_simulation_mixin,
    call_search_mixin,
)  # isort: split

from . import (
    account_analytic_line,
    call_assignment,
    call_call,
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
    ir_http,
    ir_websocket,
    res_partner,
)
