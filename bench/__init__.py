"""How fast Sotto is: the web server under load, beside its PostgreSQL with the same statements (docs/performance.md)."""
