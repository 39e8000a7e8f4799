"""The worked solutions of the ten exercises, and the single source of the students' stubs."""
