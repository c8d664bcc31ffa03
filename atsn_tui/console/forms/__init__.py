"""Modal forms: every field is checked while it is typed."""
