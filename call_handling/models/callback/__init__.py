from . import call_callback, forgotten, morning_mail, reminding
