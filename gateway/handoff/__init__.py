"""Human handoff: a person takes a conversation in a Slack thread, speaks in it, and gives it back to the agent.

commands, keywords, hours   what people write, read: plain functions
opening                     a conversation goes to a person: the one transaction behind all ways in
handoffs                    what a person does with it: take over, release, hand back, close, reopen, assign
returning                   what the agent is told when it has the conversation again
lines, briefs, carriers     the thread in Slack: its head, its lines, and how they get there
staff, access, relaying     what staff write in the thread, who may, and how it gets to the customer
drafts                      an answer that the agent proposes
upkeep                      what time does: idle handoffs, owners who left, marks that are missing
"""
