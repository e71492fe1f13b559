{
    "name": "Calls in Dashboards",
    "version": "19.0.2.0.0",
    "category": "Productivity",
    "summary": "The figures of calls as a spreadsheet dashboard of Odoo",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling", "spreadsheet_dashboard"],
    "data": ["data/spreadsheet_dashboard_data.xml"],
    "auto_install": True,
}
