"""The staff desk on Slack: approval cards, the clicks on them, and their dialogs."""
