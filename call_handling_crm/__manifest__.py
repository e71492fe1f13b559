{
    "name": "Calls in CRM",
    "version": "19.0.2.0.0",
    "category": "Productivity",
    "summary": "Leads and opportunities from telephone calls",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling", "crm"],
    "data": ["views/call_call_views.xml", "views/crm_lead_views.xml"],
    "demo": ["demo/crm_lead_demo.xml"],
    "auto_install": True,
}
