"""The documentation site: what is written in `docs/`, what is generated from the program, and its check.

`make docs` builds it into `site/`.
"""
