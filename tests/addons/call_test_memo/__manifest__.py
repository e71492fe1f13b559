{
    "name": "Calls: a follow-up of another addon",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Adds a kind of follow-up with the least that one needs",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling"],
    "data": ["security/ir.model.access.csv", "views/call_call_views.xml"],
}
