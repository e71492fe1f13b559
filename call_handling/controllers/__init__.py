from . import commands, contact_data, directory, export, health, pbx, pivot, recording
