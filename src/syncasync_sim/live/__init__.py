"""The same scenario for real: a web service, worker processes and a broker, measured into a Trace."""
