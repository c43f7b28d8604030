"""What happened, to be looked at again. A trace as a file, as moves between boxes, as a page."""
