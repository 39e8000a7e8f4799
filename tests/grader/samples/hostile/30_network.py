"""Reaches for the network: loopback, the name server, UDP, raw packets, a server of its own."""
import socket

reference = gru_params


def attempts():
    yield lambda: socket.create_connection(("127.0.0.1", 22), timeout=0.2)
    yield lambda: socket.create_connection(("1.1.1.1", 443), timeout=0.2)
    yield lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"planted", ("127.0.0.1", 53))
    yield lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"planted", ("8.8.8.8", 53))
    yield lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM).sendto(b"planted", ("::1", 53))
    yield lambda: socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    yield lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)
    yield lambda: socket.create_server(("127.0.0.1", 0))
    yield lambda: socket.getaddrinfo("example.org", 443)


def gru_params(n_features, units):
    refused = None
    for attempt in attempts():
        try:
            attempt()
        except ConnectionRefusedError:
            return reference(n_features, units)
        except OSError as error:
            refused = error
        else:
            return reference(n_features, units)
    raise refused
