"""Sends values of kinds that do not exist, in the wrong place, or nested a thousand deep, with the stolen id."""
import json

import grader.worker

LEFT = {"$": "dict", "items": []}


def value(content):
    return lambda id: frame(json.dumps({"id": id, "ok": True, "left": LEFT, "value": content, "buffers": []}).encode())


nested = 1
for _ in range(300):
    nested = {"$": "list", "items": [nested]}

ANSWERS = {
    "dense_params": value(nested),
    "simple_rnn_params": value({"$": "pickle", "data": "cos\nsystem\n(S'true'\ntR."}),
    "lstm_params": value({"$": "dict", "items": [[1, 2]]}),
    "gru_params": value({"$": "array", "dtype": "|O", "shape": [1], "buffer": 0}),
    "crossover_look_back": value([1, 2]),
}


def frame(raw, length=None):
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw


def reply(message, folder):
    return ANSWERS[message["function"]](message["id"])


grader.worker.reply = reply
