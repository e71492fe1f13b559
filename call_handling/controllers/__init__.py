from . import commands, contact_data, dataset, directory, export, health, pbx, pivot, recording
