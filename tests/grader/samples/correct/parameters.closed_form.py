# style: closed formulas, floor division in the crossover, lambdas bound to names, messages in Spanish.
"""Conteo de parámetros con lápiz y papel."""

salida = lambda units: units + 1  # noqa: E731


def positivo(nombre, valor):
    if valor <= 0:
        raise ValueError("El valor de '" + nombre + "' no puede ser menor que 1")


def dense_params(look_back, n_features, units):
    positivo("look_back", look_back)
    positivo("n_features", n_features)
    positivo("units", units)
    return units * (look_back * n_features + 1) + salida(units)


def simple_rnn_params(n_features, units):
    positivo("n_features", n_features)
    positivo("units", units)
    return units * (n_features + units + 1) + salida(units)


def lstm_params(n_features, units):
    positivo("n_features", n_features)
    positivo("units", units)
    return 4 * units * (n_features + units + 1) + salida(units)


def gru_params(n_features, units):
    positivo("n_features", n_features)
    positivo("units", units)
    return 3 * units * (n_features + units + 2) + salida(units)


def crossover_look_back(n_features, units):
    positivo("n_features", n_features)
    positivo("units", units)
    # units*(L*F + 1) > 4*units*(F + units + 1)  <=>  L*F > 4*(F + units + 1) - 1
    return (4 * (n_features + units + 1) - 1) // n_features + 1
