"""What others read of a report; each module is one form, made from the document that `--json` wrote."""
