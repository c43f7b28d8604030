"""The command line. The only prints and the only exit codes."""
