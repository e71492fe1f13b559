from . import (
    call_cached_mixin,
    call_count_mixin,
    call_field_mixin,
    call_name_mixin,
    call_number_mixin,
    call_remote_mixin,
    call_time_rule_mixin,
)
