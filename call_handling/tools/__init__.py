from .call_time import counted_seconds, covered_seconds
from .client_actions import display_notification
from .contexts import (
    AS_SENT,
    AUTOMATIC,
    ERASING,
    HISTORY,
    KEEPING_EVENTS,
    KIND,
    NO_CHATTER,
    NO_NOTIFICATION,
    POINT,
    SCREEN,
)
from .dates import check_date
from .duration import readable_duration
from .failures import log_failure
from .indexes import trigram_index
from .isolation import see_concurrent_commits
from .locks import lock_key, lock_key_sql
from .log_values import hide_values_in_log, unprofiled
from .models import is_stored
from .outside_key import outside_digest
from .phone import (
    digits,
    is_written_as_block,
    prefixes,
    read_typed,
    readable,
    to_e164,
    to_e164_all,
    to_prefix,
)
from .public_method import public_method
from .readings import (
    contains_phrase,
    get_ends_of_digits,
    get_phrases,
    get_readings,
    join_digits,
)
from .reasons import ReasonField, explain
from .replica import refresh_caches, survive_crashes
from .roles import ADMIN, ALL, DEPARTMENT, OWN
from .searching import category_domain, person_domain
from .troubles import explain_trouble
