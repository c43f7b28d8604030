"""Floor 4: the command line. The only prints and the only exit codes."""
