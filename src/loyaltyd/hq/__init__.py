"""Headquarters: takes what tills recorded, proves it, adds it up; all of its SQL is in store."""
