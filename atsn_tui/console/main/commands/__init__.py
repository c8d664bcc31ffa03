"""The actions of the main screen, one method for each, by what they are about."""
