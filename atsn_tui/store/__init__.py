"""The node's database: SQLite through aiosqlite, one file per noun."""

from atsn_tui.store.database.store import Store

__all__ = ["Store"]
