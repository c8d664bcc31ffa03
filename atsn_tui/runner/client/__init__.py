"""The service's side of the keeper: starting one, talking to it, and not losing anything when it is lost."""
