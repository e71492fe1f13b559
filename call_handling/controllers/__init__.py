from . import contact_data, export, health, pbx
