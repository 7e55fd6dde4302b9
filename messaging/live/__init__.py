"""Live events: one open connection per browser, held without a thread and without a database connection."""
