{
    "name": "Calls: many of them",
    "version": "19.0.1.0.0",
    "category": "Hidden/Tests",
    "summary": "Generates calls, and checks how the screens find theirs among them",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling"],
}
