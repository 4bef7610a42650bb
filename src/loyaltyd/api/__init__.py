"""Local HTTP for till software: a table of operations, the guard before it, events, pages."""
