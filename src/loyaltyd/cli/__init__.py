"""The commands of `loyaltyd`: one module a command, each imported when it is called."""
