import hashlib


def lock_key(*parts):
    """Return the key of an advisory lock of PostgreSQL, the same for the same parts.

    :param parts: what is locked, such as the name of a model and an id
    :return: a signed integer of 64 bits
    :rtype: int
    """
    name = " ".join(str(part) for part in parts).encode()
    return int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big", signed=True)
