"""Sends frames that claim to be larger than any memory, with the stolen id of the request."""
import json

import grader.worker

LEFT = {"$": "dict", "items": []}


def array(shape, size, buffer=0, data=b""):
    def answer(id):
        value = {"$": "array", "dtype": "<f8", "shape": shape, "buffer": buffer}
        raw = json.dumps({"id": id, "ok": True, "left": LEFT, "value": value, "buffers": [size]}).encode()
        return frame(raw) + data

    return answer


ANSWERS = {
    "dense_params": lambda id: frame(b"{}", 2**62),
    "simple_rnn_params": array([10**14], 8, data=bytes(8)),
    "lstm_params": array([2**57], 2**60),
    "gru_params": array([0, 10**7, 10**7, 10**7], 0),
    "crossover_look_back": array([2**32, 2**32], 0),
}


def frame(raw, length=None):
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw


def reply(message, folder):
    return ANSWERS[message["function"]](message["id"])


grader.worker.reply = reply
