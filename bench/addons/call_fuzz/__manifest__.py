{
    "name": "Call fuzz",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "summary": "Accepts requests that a measurement signs as sipgate",
    "author": "Call handling",
    "license": "LGPL-3",
    "depends": ["call_handling"],
}
