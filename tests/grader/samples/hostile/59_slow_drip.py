"""Sends the right answer, one byte at a time, slower than any patience."""
import time

import grader.worker

original = grader.worker.reply


def reply(message, folder):
    import sys

    frame = original(message, folder)
    if message["function"] != "gru_params":
        return frame
    channel = sys._getframe(1).f_locals["channel"]
    for position in range(len(frame)):
        channel.sendall(frame[position : position + 1])
        time.sleep(0.1)
    return b""


grader.worker.reply = reply
