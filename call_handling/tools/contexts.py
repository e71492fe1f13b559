"""Contexts in which the app itself writes.

``call_handling_automatic`` says that no person makes the change: it is not remembered as a
choice, and nothing follows from it at once. ``call_handling_erasing`` says that a call becomes
private: what it has led to for others remains.
"""

# Skips the chatter's machinery, on the way of an event.
NO_CHATTER = {
    "tracking_disable": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "mail_activity_automation_skip": True,
    "call_handling_automatic": True,
}

# Notifies nobody of what is created without a person, or taken back.
NO_NOTIFICATION = {
    "call_handling_automatic": True,
    "mail_auto_subscribe_no_notify": True,
    "mail_create_nolog": True,
    "mail_create_nosubscribe": True,
    "mail_notrack": True,
    "no_mail_to_attendees": True,
}
