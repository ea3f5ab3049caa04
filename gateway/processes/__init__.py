"""The process types of the Procfile that belong to the gateway, each a module that Python can run.

The command line becomes one of them (`gateway.cli.processes`), so that none pays for what another imports.
"""
