"""The embedded agent engine: a server of the session protocol, usable alone.

    server            opens everything, serves it, closes it
    rest, connections what clients speak with; protocol is their language
    sessions          the use cases: create, post, answer, read, terminate
    turns             the agent at work, with its models and tools; listeners are told of it
    store, tables     the queries and the schema

Imports go downwards in this list. The engine knows no channel and no gateway.
"""
