"""Django's PostgreSQL, with one writer at a time; ``base`` is where Django looks for it."""
