"""``python -m call_handling_relay``."""

import sys

from .cli import main

sys.exit(main())
