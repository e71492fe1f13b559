import logging
import re

# Addresses that contain a key, and what may follow it: a number, a name that was searched for
_KEYS = re.compile(r"(/call_handling/(?:pbx|who|phonebook)/?)[^\s\"]*")


class RequestFilter(logging.Filter):
    """Removes keys and numbers from the addresses of requests before they get into the log."""

    def filter(self, record):
        """Override to log a request to one of our addresses without its key."""
        if isinstance(record.args, tuple):
            record.args = tuple(map(_without_key, record.args))
        record.msg = _without_key(record.msg)
        return True


def hide_keys_of_requests():
    """Have requests logged without the keys in our addresses."""
    logger = logging.getLogger("werkzeug")
    if not any(isinstance(known, RequestFilter) for known in logger.filters):
        logger.addFilter(RequestFilter())


def _without_key(value):
    return _KEYS.sub(r"\1…", value) if isinstance(value, str) else value
