from . import contact_data, directory, export, health, pbx, pivot, recording
