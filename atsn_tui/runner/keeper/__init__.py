"""The keeper: a small process that starts jobs, keeps their output and their exits, and outlives the service.

It uses the standard library alone and is kept small on purpose, because it forks for every run. All that it will
ever need is imported at its start: the program's files may be replaced while it lives.
"""
