"""What queueing theory says about a scenario before anything is run."""
