"""The story of the program as one page of the browser edition: scenes with a picture and a question each.

The page is static. It has recorded runs, and with an engine (`syncasync.look`) it takes any position of its
controls.
"""

from web_story.page import build, navigation

__all__ = ["build", "navigation"]
