"""`make up`: the whole system, running until Ctrl-C, for people who try it by hand."""
