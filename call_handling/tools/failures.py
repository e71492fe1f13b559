import logging
import traceback

from ..adapters.text import storable

MAX_REASON = 1000  # characters


def log_failure(logger, what, error, level=logging.ERROR):
    """Log where something failed, but not why: the text of an error may contain a number or a
    name, which must not get into the log.

    :param logging.Logger logger: of the module that failed
    :param str what: what failed
    :param Exception error: as it was raised
    :param int level: of the log entry
    :return: the reason with its type, for the record that keeps it
    :rtype: str
    """
    where = "".join(traceback.format_tb(error.__traceback__))
    logger.log(level, "%s: %s\n%s", what, type(error).__name__, where)
    return storable(f"{type(error).__name__}: {error}"[:MAX_REASON])
