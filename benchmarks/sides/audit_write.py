"""Print the microseconds of writing a record of an audit log."""

import json

from audited import COUNT, figures

seconds = figures()
print(json.dumps({"figure": seconds["write"] / COUNT * 1e6, "a_second": COUNT / seconds["write"]}))
