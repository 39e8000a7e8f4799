"""Sends models whose configuration is of the wrong types, where a number is due."""
import json

import grader.worker

LEFT = {"$": "dict", "items": []}


def model(config, kind="Sequential", optimizer=None, loss=None):
    made = {"$": "model", "kind": kind, "config": config, "weights": [], "optimizer": optimizer, "loss": loss}
    return lambda id: frame(json.dumps({"id": id, "ok": True, "left": LEFT, "value": made, "buffers": []}).encode())


ANSWERS = {
    "dense_params": model({"layers": [{"class_name": ["Dense"], "module": {}, "config": 1}]}),
    "simple_rnn_params": model({"class_name": "os.system", "module": "os", "config": {}}),
    "lstm_params": model({"layers": 7}, optimizer={"class_name": {}, "config": {"learning_rate": {"class_name": []}}}),
    "gru_params": model({}, kind="Model", loss="mse"),
    "crossover_look_back": model({"layers": [None, [], {}]}, kind="Functional"),
}


def frame(raw, length=None):
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw


def reply(message, folder):
    return ANSWERS[message["function"]](message["id"])


grader.worker.reply = reply
