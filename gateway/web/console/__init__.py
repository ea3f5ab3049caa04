"""The console: what ops look at, and act on, in a browser. Off where CONSOLE_TOKEN is unset.

Pages are rendered here and need no script. A change is a POST to the use case that the command line and Slack use too,
with the actor `console`. The rules of who gets in are `access`'s, what a page may load is `page`'s.
"""
