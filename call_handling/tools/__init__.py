from .call_time import counted_seconds, covered_seconds
from .duration import readable_duration
from .phone import digits, prefixes, readable, to_e164, to_prefix
