def display_notification(message, kind="success", title=None, then=None):
    """Return the action that shows a notification, and then reloads the view.

    :param str message: translated
    :param str kind: ``success``, ``warning``, ``danger`` or ``info``. Problems stay until they
        are closed
    :param str title: translated
    :param dict then: the action to run instead of the reload
    :rtype: dict
    """
    params = {
        "message": message,
        "type": kind,
        "sticky": kind in ("warning", "danger"),
        "next": then or {"type": "ir.actions.client", "tag": "soft_reload"},
    }
    if title:
        params["title"] = title
    return {"type": "ir.actions.client", "tag": "display_notification", "params": params}
