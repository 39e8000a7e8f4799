"""Sends what is not quite JSON, with the stolen id of the request."""
import grader.worker

ANSWERS = {
    "dense_params": lambda id: frame(b'{"id": "%s", "ok": true, "value": NaN, "buffers": []}' % id.encode()),
    "simple_rnn_params": lambda id: frame(b'{"id": "%s", "ok": false, "ok": true, "value": 1, "buffers": []}' % id.encode()),
    "lstm_params": lambda id: frame(b'{"id": "%s", "ok": true, "value": ' % id.encode() + b"[" * 1_000_000),
    "gru_params": lambda id: frame(b'{"id": "%s", "ok": true, "buffers": [], "value": ' % id.encode() + b"1" * 9999 + b"}"),
    "crossover_look_back": lambda id: frame(b'{"id": "%s", "ok": true, "value": "\xff\xfe", "buffers": []}' % id.encode()),
}


def frame(raw, length=None):
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw


def reply(message, folder):
    return ANSWERS[message["function"]](message["id"])


grader.worker.reply = reply
