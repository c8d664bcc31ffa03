"""The queue of outgoing mail: a message stays in it until someone took it or it was given up."""
