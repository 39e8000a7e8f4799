"""`python -m grader`."""

from grader.cli import run

if __name__ == "__main__":  # processes that are started from here import this file again
    run()
