# SPDX-License-Identifier: MIT
# The text of GET /metrics, looked at by Prometheus' own programs, which are
# unpacked and not installed.

METRICS := $(BUILD)/metrics
METRICS_SAMPLE_SRCS := tests/metrics/sample.c $(DT)/vaned/openmetrics.c \
	$(addprefix $(DT)/lib/,meter_rates.c utf8.c)

$(METRICS)/sample: $(METRICS_SAMPLE_SRCS) $(DT)/lib/meter.h \
		$(DT)/vaned/openmetrics.h include/public/paravane.h
	@mkdir -p $(@D)
	$(CC) $(DT_CFLAGS) -fsanitize=address,undefined -o $@ \
		$(METRICS_SAMPLE_SRCS)

$(METRICS)/prometheus/usr/bin/promtool: $(IMAGE_SRC)/fetch-deb.sh
	$(IMAGE_SRC)/fetch-deb.sh prometheus $(METRICS)/prometheus \
		./usr/bin/promtool
	touch $@

METRICS_PARSER := $(METRICS)/python/usr/lib/python3/dist-packages/prometheus_client

$(METRICS_PARSER)/parser.py: $(IMAGE_SRC)/fetch-deb.sh
	$(IMAGE_SRC)/fetch-deb.sh python3-prometheus-client $(METRICS)/python \
		./usr/lib/python3
	touch $@

.PHONY: test-metrics
test-metrics: $(METRICS)/sample $(METRICS)/prometheus/usr/bin/promtool \
		$(METRICS_PARSER)/parser.py ## the text of /metrics, by promtool; the dashboard
	@tests/metrics/run.sh $(METRICS)/sample $(METRICS)
