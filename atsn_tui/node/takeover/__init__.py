"""Taking jobs over from cron, and giving them back, so that no due time is run by both or by neither."""
