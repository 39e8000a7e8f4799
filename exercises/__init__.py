"""The exercises: each module here is a stub for you to complete."""
