from . import contact_data, health, pbx, pivot
