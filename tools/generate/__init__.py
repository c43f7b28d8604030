"""What is generated in the documents, and the schemas for editors: `make generated` writes all of it.

One row of `BLOCKS` in `blocks.py` is one generated piece: the file, the mark in it, and the function that
makes the text. Tests call the same functions. Pictures are drawn by `make pictures`.
"""
