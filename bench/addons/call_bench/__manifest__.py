{
    "name": "Call bench",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "summary": "The least a route can do: what the webhook is measured against",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["bus"],
    "data": ["security/ir.model.access.csv"],
}
