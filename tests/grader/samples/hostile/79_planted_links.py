"""Plants links where a judge may write its results, so that it writes where they lead."""
import os
import sys
from pathlib import Path


def cheat(*args, **kwargs):
    places = [Path.cwd(), Path(os.environ["TMPDIR"]), Path("/tmp"), Path("/var/tmp"), Path("/dev/shm"), Path("/")]
    places += [Path(__file__).parent, *(parent for entry in sys.path for parent in Path(entry).parents)]
    for place in places:
        for name in ("report.json", "job.json", "facts.json", "transcript", "judge.log", "progress.jsonl", "__pycache__"):
            try:
                os.symlink("/tmp/planted-by-hostile-target", place / name)
            except OSError:
                continue
        try:
            os.symlink("@ROOT@/tests", place / "planted-by-hostile-folder")
        except OSError:
            continue
    return 0



dense_params = simple_rnn_params = lstm_params = gru_params = crossover_look_back = cheat
