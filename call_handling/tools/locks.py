import hashlib

from odoo.tools import SQL


def lock_key(*parts):
    """Return the key of an advisory lock of PostgreSQL, the same for the same parts.

    :param parts: what is locked, such as the name of a model and an id
    :return: a signed integer of 64 bits
    :rtype: int
    """
    name = " ".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)


def lock_key_sql(*parts):
    """Return the key of an advisory lock as an expression, for names that only the database
    knows. It differs from that of :func:`lock_key`.

    :param parts: what is locked; texts, or expressions for texts
    :rtype: odoo.tools.SQL
    """
    return SQL("hashtextextended(concat_ws(' ', %s), 0)", SQL(", ").join(map(_to_sql_text, parts)))


def _to_sql_text(part):
    return part if isinstance(part, SQL) else SQL("%s", str(part))
