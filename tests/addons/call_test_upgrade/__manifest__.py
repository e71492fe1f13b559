{
    "name": "Calls: after an upgrade",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Checks a database of an earlier version after its upgrade",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": [
        "call_handling",
        "call_handling_crm",
        "call_handling_helpdesk_mgmt",
        "call_handling_sale",
    ],
}
