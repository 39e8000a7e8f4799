"""Puts terminal escapes, workflow commands, HTML, markdown and text that runs backwards into its messages."""

EVIL = "\x1b[2J\x1b]0;owned\x07\r\n::set-output name=score::100\n::add-mask::0\n</pre><script>alert(1)</script>\u202eevil\ud800```"


def cheat(*args, **kwargs):
    raise RuntimeError(EVIL * 50)



dense_params = simple_rnn_params = lstm_params = gru_params = crossover_look_back = cheat
