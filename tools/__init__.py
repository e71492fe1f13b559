"""What ``./dev`` calls: gets Odoo, PostgreSQL and a browser, and runs things with them."""
