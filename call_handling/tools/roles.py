"""The roles that code asks for, by the xml ids of their groups."""

OWN = "call_handling.group_call_handling_own"  # everybody with calls
DEPARTMENT = "call_handling.group_call_handling_department"  # leads of departments
ALL = "call_handling.group_call_handling_all"  # who sees the calls of all departments
ADMIN = "call_handling.group_call_handling_admin"  # administrators of calls
