{
    "name": "Calls in Privacy Lookup",
    "version": "19.0.2.0.0",
    "category": "Productivity",
    "summary": "Telephone calls of a person in Odoo's privacy lookup",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling", "privacy_lookup"],
    "auto_install": True,
}
