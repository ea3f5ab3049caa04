"""The tools that an agent can be given, each made ready to run within its limits."""
