# SPDX-License-Identifier: MIT
# What of the documents is made from the sources, and is it current?

.PHONY: docs docs-check
docs: ## write what is generated of the documents
	@docs/gen-hypercalls.py

docs-check: ## is what is generated of the documents current?
	@docs/gen-hypercalls.py --check
