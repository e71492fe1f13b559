from . import (
    call_audited_mixin,
    call_cached_mixin,
    call_count_mixin,
    call_field_mixin,
    call_guard_mixin,
    call_keep_mixin,
    call_name_mixin,
    call_number_mixin,
    call_remote_mixin,
    call_time_line_mixin,
    call_time_rule_mixin,
)
