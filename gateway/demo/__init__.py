"""The demo: every process of a deployment on one machine, with simulated providers and no account."""
