"""The database as a file and a connection: opening, migrating, copying, encrypting it."""
