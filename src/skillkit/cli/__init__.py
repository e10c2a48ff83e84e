"""The command line: one file a noun; words in, values out."""
