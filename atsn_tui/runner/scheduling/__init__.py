"""The scheduler: when tasks are due, whether they run then, and the record of both.

What to do is decided by pure functions (`decide`, `progress`, `overdue`, `outcome`, `follows`, `selectors`,
`retention`); `engine` carries it out, one transaction at a time, and `scheduler` keeps that going.
"""
