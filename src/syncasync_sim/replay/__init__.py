"""Floor 4: what happened, to be looked at again. A trace as a file, as moves between places, as a page."""
