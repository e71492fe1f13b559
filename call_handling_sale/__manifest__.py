{
    "name": "Calls in Sales",
    "version": "19.0.2.0.0",
    "category": "Productivity",
    "summary": "Quotations from telephone calls",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling", "sale"],
    "data": ["views/call_call_views.xml", "views/sale_order_views.xml"],
    "demo": ["demo/sale_order_demo.xml"],
    "auto_install": True,
}
