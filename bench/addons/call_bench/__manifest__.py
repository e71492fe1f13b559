{
    "name": "Call bench",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "summary": "Minimal routes that the measurements compare the app with",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling"],
    "data": ["security/ir.model.access.csv"],
}
