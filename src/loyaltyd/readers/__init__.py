"""Card readers: bytes in, CardRead out. Profiles decode, drivers open, nothing here does both."""
