from .phone import digits, prefixes, to_e164, to_prefix
