"""Local providers that speak the real wire formats: to try the product without an account, and to test it.

The simulators are aiohttp servers, since only there can a handler cut the connection after it accepted a request.
"""
