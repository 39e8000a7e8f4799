"""The commands, a module for each group of them; `grader.cli` says which is where."""
