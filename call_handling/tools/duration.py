def readable_duration(seconds):
    """Return a duration as people write it: ``3:05``, ``1:03:05``.

    :param int seconds: not negative
    :rtype: str
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
