"""Whose database this is."""

import sqlite3


def identity(db: sqlite3.Connection) -> tuple[str, str]:
    """The ids of the node and of this database."""
    return (node_id(db), store_id(db))


def node_id(db: sqlite3.Connection) -> str:
    """The id of the node."""
    return str(db.execute("SELECT node_id FROM node").fetchone()[0])


def store_id(db: sqlite3.Connection) -> str:
    """The id of this database, which tells it from another of the same node."""
    return str(db.execute("SELECT store_id FROM node").fetchone()[0])


def put(db: sqlite3.Connection, node_id: str, store_id: str) -> None:
    """Say whose a new database is."""
    db.execute("INSERT INTO node (one, node_id, store_id) VALUES (1, ?, ?)", (node_id, store_id))
