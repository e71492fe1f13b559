"""The implementation of ``./dev``: gets Odoo, PostgreSQL and a browser, and runs them."""
