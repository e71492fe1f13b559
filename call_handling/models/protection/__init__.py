# The order counts: what is stored about a contact is exported, and erased.
# isort: off
from . import contact_data
from . import contact_export, contact_erasure
