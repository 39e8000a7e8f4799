"""Sends failures of its own, past the worker that cleans them, with escapes, line breaks and half characters."""
import json

import grader.worker

EVIL = "\x1b[2J\n::error::owned\u202e\ud800</pre><script>alert(1)</script>" * 20


def failure(ending):
    def answer(id):
        texts = {"phase": EVIL, "text": EVIL, "place": EVIL, "bases": {"$": "tuple", "items": [EVIL, EVIL]}}
        return frame(json.dumps({"id": id, "ok": False, "ending": ending, "buffers": [], **texts}).encode())

    return answer


ANSWERS = {
    "dense_params": failure("raised"),
    "simple_rnn_params": failure("refused"),
    "lstm_params": failure("memory"),
    "gru_params": failure("missing"),
    "crossover_look_back": failure("raised"),
}


def frame(raw, length=None):
    return (len(raw) if length is None else length).to_bytes(8, "little") + raw


def reply(message, folder):
    return ANSWERS[message["function"]](message["id"])


grader.worker.reply = reply
