"""A mail provider on this machine: SMTP in, IMAP with IDLE out, and a mailbox for every address that is written to."""
