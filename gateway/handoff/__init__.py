"""Human handoff: a person takes a conversation in a Slack thread, speaks in it, and gives it back to the agent.

Its parts:

    commands, keywords, hours   what people write, read: plain functions
    opening                     a conversation goes to a person: the one transaction behind all ways in
    handoffs                    what a person does with it: take over, release, hand back, close, reopen, assign
    returning                   what the agent is told when it has the conversation again
    staff, access, relaying     what staff write in the thread, who may, and how it gets to the customer
    drafts, drafting            what people do with an answer that the agent proposes, and how it is asked for one
    lines, briefs, marks        the thread in Slack: its lines, its head, the emoji under what staff wrote
    heads                       where the threads stand, and their successors
    carriers, voice             how all of it gets to Slack, and words to the customer
    upkeep                      what time does: idle handoffs, owners who left, marks that are missing
"""
