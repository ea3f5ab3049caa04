"""The models behind an agent: the scripted one that ships with the engine, and real ones through pydantic-ai."""
