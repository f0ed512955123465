"""A model of LightGBM, 50 features and 200 trees, and the microseconds that one row takes: ours, and LightGBM's own package."""

import statistics
import time

import lightgbm
import numpy as np
from tradekit_ml.models import make_model

FEATURES, TREES, BLOCKS, BLOCK = 50, 200, 60, 100


def figures():
    """Return the median CPU microseconds of one row, by us and by `Booster.predict`, in turns; both must give the same bits."""
    random = np.random.default_rng(1)
    rows = random.normal(size=(5_000, FEATURES))
    labels = (rows[:, 0] * rows[:, 1] + random.normal(size=len(rows)) > 0).astype(float)
    model = make_model("lightgbm", {"task": "classification", "trees": TREES})
    model.fit(rows, labels, seed=1)
    booster = lightgbm.Booster(model_str=model.state()["trees.txt"].decode())
    sides = {"ours": model.predict_row, "theirs": lambda row: booster.predict(row.reshape(1, -1), num_threads=1)[0]}
    whole = model.predict(rows)
    for answer in sides.values():
        found = [answer(row) for row in rows[:500]]
        if found != whole[:500].tolist():
            raise SystemExit("a row is not answered as in the batch, bit for bit")
    times = {name: [] for name in sides}
    for block in range(BLOCKS):
        some = rows[block * 50 : block * 50 + BLOCK]
        for name, answer in sides.items():
            start = time.process_time()
            for row in some:
                answer(row)
            times[name].append((time.process_time() - start) / BLOCK * 1e6)
    return {name: statistics.median(spent) for name, spent in times.items()}
