"""
Random edits of filled returns, as people make them, each with what a person would say of it.

Nothing here asks the reader: an edit knows what it typed and moved, and so what must come out.
"""
