"""What is kept for good: links, domains, users, keys and the change log, in SQLite or PostgreSQL."""
