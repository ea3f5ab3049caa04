"""What the console's pages read: one module for each page, one query or few for each, all of them bounded.

Pages turn by keyset: the next one begins after the last row of this one, found by an index however far it is.
"""
