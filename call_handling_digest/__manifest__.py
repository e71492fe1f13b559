{
    "name": "Calls in Digest Emails",
    "version": "19.0.2.0.0",
    "category": "Productivity",
    "summary": "Calls, answer rate and missed calls in Odoo's digest emails",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling", "digest"],
    "data": ["views/digest_views.xml"],
    "auto_install": True,
}
