"""Takes six GiB of memory, piece by piece."""


def gru_params(n_features, units):
    kept = [bytearray(b"x" * 2**26) for _ in range(96)]
    return len(kept)
