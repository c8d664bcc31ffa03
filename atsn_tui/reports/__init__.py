"""What the program tells people elsewhere than on a screen: mails and log files about runs and replication."""
