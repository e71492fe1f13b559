{
    "name": "Call handling",
    "version": "19.0.1.0.0",
    "category": "Productivity",
    "license": "LGPL-3",
    "author": "Call handling",
    "depends": ["phone_validation", "hr_timesheet"],
    "data": [],
}
