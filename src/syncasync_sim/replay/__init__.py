"""What happened, to be looked at again. A trace as a file, as moves between places, as a page."""
