"""Headquarters' SQLite file: all of its SQL, and nothing that decides."""
