#!/bin/sh
# SPDX-License-Identifier: MIT
#
# run.sh SAMPLE DIR: is the text of the metrics what Prometheus takes? The
# program promtool and the parsers of the Prometheus client, both Debian's and
# unpacked below DIR, look at what SAMPLE writes, and at the dashboard.
set -eu

sample=$1
dir=$2
failed=0

"$sample" >"$dir/sample.txt"
"$sample" open >"$dir/sample.open"

if said=$("$dir/prometheus/usr/bin/promtool" check metrics \
	<"$dir/sample.txt" 2>&1) && [ -z "$said" ]; then
	echo "metrics: promtool check metrics: clean"
else
	echo "metrics: promtool check metrics: $said"
	failed=1
fi
PYTHONPATH=$dir/python/usr/lib/python3/dist-packages \
	python3 tests/metrics/check.py "$dir/sample.txt" "$dir/sample.open" \
	docs/metrics/dashboard.json docs/metrics.md || failed=1
exit $failed
