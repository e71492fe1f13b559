{
    "name": "Calls: a telephone system of another addon",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Adds a telephone system, and extends a step of the intake",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling"],
}
