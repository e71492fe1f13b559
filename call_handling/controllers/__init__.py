from . import health, pbx
