"""The till's SQLite file: all of its SQL, and nothing that decides anything."""
