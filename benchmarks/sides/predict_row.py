"""Print the microseconds in which LightGBM answers one row through tradekit-ml."""

import json

from predicted import figures

found = figures()
print(json.dumps({"figure": round(found["ours"], 2), "booster": round(found["theirs"], 2)}))
