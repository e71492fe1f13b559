import hashlib
import hmac
import logging
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from odoo.tools import config

_logger = logging.getLogger(__name__)

SIZE = 32  # bytes


def outside_digest(database, text):
    """Return a digest of a text whose key lies neither in the database nor in its filestore: a
    dump or a backup does not suffice to find out the text by trying.

    :param str database: name of the database
    :param str text: what must not be known
    :rtype: str
    """
    return hmac.new(_get_key(database), text.encode(), hashlib.sha256).hexdigest()[:40]


@lru_cache
def _get_key(database):
    """Return the key of a database, from a file in Odoo's data directory; all servers of a
    database share that directory. Without the file, digests that were stored before are not
    recognised any more, and nothing else happens."""
    folder = Path(config["data_dir"]) / "call_handling"
    path = folder / f"{database}.key"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
        return path.read_bytes()
    except OSError as error:
        _logger.warning(
            "The key for references of deleted calls cannot be stored: %s. Until it can, their late"
            " events are recognised only until the next restart.",
            error.strerror,
        )
        return secrets.token_bytes(SIZE)


def _create(path):
    """Create a key file as a whole: several workers may do it at once, and one of them wins."""
    draft = path.with_suffix(f".{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(secrets.token_bytes(SIZE))
    try:
        with suppress(FileExistsError):  # another worker was first
            os.link(draft, path)
    finally:
        draft.unlink()
