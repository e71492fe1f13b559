from . import call_directory, caller, phonebook
