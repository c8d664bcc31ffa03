"""What a person reads: lines and tables, safe for any terminal and any text."""
