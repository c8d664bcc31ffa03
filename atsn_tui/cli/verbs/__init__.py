"""One file per verb, or per family of verbs. Nothing heavy is imported before it is needed."""
