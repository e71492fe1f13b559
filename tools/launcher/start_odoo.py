"""Starts Odoo's command line.

As a file, and not with ``python -m odoo``: a server with workers starts a process for live
updates by the path of the program. In a folder of its own: Python looks for ``odoo`` beside this
file first.
"""

from odoo.cli.command import main

if __name__ == "__main__":
    main()
