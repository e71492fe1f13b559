{
    "name": "Calls in Helpdesk",
    "version": "19.0.2.0.0",
    "category": "Productivity",
    "summary": "Helpdesk tickets from telephone calls, and calls with their tickets",
    "author": "Call handling",
    "license": "AGPL-3",
    "depends": ["call_handling", "helpdesk_mgmt"],
    "data": ["views/call_call_views.xml", "views/helpdesk_ticket_views.xml"],
    "demo": ["demo/helpdesk_ticket_demo.xml"],
    "auto_install": True,
}
