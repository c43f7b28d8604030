"""How Sphinx makes the site. Nothing in it may be loaded from elsewhere: no font, no script, no picture."""

from __future__ import annotations

from syncasync_sim import __version__

project = "syncasync-sim"
author = "The syncasync-sim developers"
release = version = __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx_design"]
html_theme = "furo"
html_title = f"syncasync-sim {__version__}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["extra"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
html_theme_options: dict[str, list[str]] = {"top_of_page_buttons": []}
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"
smartquotes = False  # two dashes are an option, not a dash
default_role = "code"  # docstrings are written with single backticks
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
autodoc_default_options = {"members": True, "show-inheritance": True}
autodoc_preserve_defaults = True
python_display_short_literal_types = True
