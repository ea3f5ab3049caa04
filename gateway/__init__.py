"""The gateway knows customers: conversations, turns, approvals, answers. Channels are its hands, workers its clock."""
