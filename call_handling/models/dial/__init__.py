from . import call_dial
