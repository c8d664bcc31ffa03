"""The Textual app: it shows what the node answers and asks the node to do things. Nothing else."""
