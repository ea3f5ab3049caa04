"""A folder of documents that agents can search: split into passages, indexed, and cited by file and heading."""
