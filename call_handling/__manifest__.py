{
    "name": "Call handling",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "summary": "Logs every telephone call by itself, says who called, and carries it on",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["phone_validation", "hr_timesheet"],
    "external_dependencies": {
        "python": ["phonenumbers", "requests"],
        "apt": {"phonenumbers": "python3-phonenumbers", "requests": "python3-requests"},
    },
    "data": [
        "security/call_handling_groups.xml",
        "security/call_call_security.xml",
        "security/ir.model.access.csv",
        "data/call_category_data.xml",
        "data/ir_cron_data.xml",
        "wizard/call_pbx_secret_show_views.xml",
        "wizard/call_pbx_simulate_views.xml",
        "views/call_call_views.xml",
        "views/call_event_views.xml",
        "views/call_pbx_views.xml",
        "views/call_extension_views.xml",
        "views/call_line_views.xml",
        "views/call_category_views.xml",
        "views/res_partner_views.xml",
        "views/call_handling_menus.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "call_handling/static/src/**/*",
        ],
        "web.assets_unit_tests": [
            "call_handling/static/tests/**/*",
        ],
    },
    "application": True,
}
