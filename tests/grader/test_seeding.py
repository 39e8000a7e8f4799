"""The same seed gives the same numbers, wherever a student draws them, and leaves TensorFlow its kernels."""

import random
import subprocess
import sys

import numpy as np

PREAMBLE = """
import random
import keras
import numpy as np
import tensorflow as tf
from tensorflow.python import pywrap_tfe
from grader.seeding import seed_everything

cleared = []
clear = pywrap_tfe.TFE_ContextClearCaches
pywrap_tfe.TFE_ContextClearCaches = lambda context: (cleared.append(1), clear(context))

@tf.function
def traced():
    return tf.random.normal((3,))

def keras_draws():
    model = keras.Sequential([keras.Input((4, 1)), keras.layers.LSTM(3), keras.layers.Dropout(0.5)])
    return [*model.get_weights(), model(np.ones((2, 4, 1)), training=True).numpy(), keras.random.normal((3,)).numpy()]

def tensorflow_draws():
    drawn = [tf.random.uniform((3,)), tf.random.normal((3,)), tf.random.normal((3,), seed=7), traced()]
    shuffled = tf.data.Dataset.range(50).shuffle(50)
    return [tensor.numpy() for tensor in drawn] + [np.array(list(shuffled.as_numpy_iterator()))]

def after(seed, draws):
    seed_everything(seed)
    return draws()

def same(some, others):
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))
"""


def in_a_fresh_python(source):
    """Run what was not affected by what other tests have drawn."""
    done = subprocess.run([sys.executable, "-c", PREAMBLE + source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_what_keras_draws_is_repeated_and_no_kernel_is_thrown_away():
    in_a_fresh_python("""
first = after(5, keras_draws)
assert not same(first, after(6, keras_draws))
assert same(first, after(5, keras_draws))
assert not cleared
""")


def test_what_tensorflow_itself_draws_is_repeated_also_by_kernels_that_were_there_before():
    in_a_fresh_python("""
after(5, keras_draws)
first = after(5, tensorflow_draws)
assert not same(first, after(6, tensorflow_draws))
for _ in range(3):
    assert same(first, after(5, tensorflow_draws))
assert cleared
""")


def test_numbers_of_python_and_numpy_are_repeated_without_keras():
    drawn = in_a_fresh_python("""
seed_everything(5)
print(random.random(), np.random.rand())
""")
    random.seed(5)
    np.random.seed(5)
    assert drawn.split() == [str(random.random()), str(np.random.rand())]
