"""A local Slack: its Web API, Events API, interactivity and Socket Mode, with people to play."""

from channels.sandbox.slack.simulator import SlackSimulator
from channels.sandbox.slack.workspace import SlackChannel, SlackUser

__all__ = ["SlackChannel", "SlackSimulator", "SlackUser"]
