from . import contact_data, pbx
