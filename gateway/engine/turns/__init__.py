"""Turns: the model is asked, its tools run or are put before a person; each step is recorded before it happens."""
