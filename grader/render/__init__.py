"""Ways to show a report; each module is one form, made from the report alone."""
