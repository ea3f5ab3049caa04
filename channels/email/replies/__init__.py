"""Which part of a mail its author newly wrote: by the structure of HTML, and by lines, in thirty languages."""
