from . import test_card_fields, test_joined_fields, test_private_fields, test_writable_fields
