"""Raw mail to values, one file for each thing that a mail holds. Pure: no I/O, no clock, no settings."""
