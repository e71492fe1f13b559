{
    "name": "Calls: fields of another addon",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Adds fields of every kind to calls, and extends a step of the intake",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling"],
    "data": ["security/ir.model.access.csv"],
}
