"""Which part of a mail its author newly wrote, by HTML structure first and by lines otherwise, in two dozen languages."""
