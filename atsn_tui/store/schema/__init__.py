"""The forms of the database: for each step of the migrations the tables that it makes, or what else it does."""
