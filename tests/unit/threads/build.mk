# SPDX-License-Identifier: MIT
# Programs of threads (tests/unit/threads/threads.h), under ThreadSanitizer. The
# scheduler is built without it: it reads without its locks on purpose.
THREADS := events grants
THREADS_B := $(BUILD)/unit/threads
THREADS_BINS := $(THREADS:%=$(THREADS_B)/%)
THREADS_CFLAGS := -std=gnu11 -O1 -g $(WARN) -fno-omit-frame-pointer \
	-DUNIT_TEST=1 -DUNIT_THREADS=1 -Itests/unit/fake -Itests/unit \
	-Itests/unit/threads -Ihypervisor -Iinclude -I.
THREADS_SRCS := $(filter-out hypervisor/lib/string.c,$(HV_PURE_SRCS)) \
	$(filter-out %/heap.c,$(UNIT_FAKE_SRCS)) tests/unit/threads/threads.c \
	tests/unit/hypervisor/event/event_fixture.c \
	tests/unit/hypervisor/grant/grant_fixture.c
THREADS_OBJS := $(THREADS_SRCS:%.c=$(THREADS_B)/obj/%.o)
# threads.c lets other threads run where a lock is taken.
THREADS_WRAP := -Wl$(UNIT_COMMA)--wrap=lock_acquire
THREADS_TSAN = $(if $(filter hypervisor/sched/%,$<),,-fsanitize=thread)

$(THREADS_B)/obj/%.o: %.c tests/unit/threads/build.mk
	@mkdir -p $(@D)
	@echo '  UNIT threads $<'
	@$(CLANG) $(THREADS_CFLAGS) $(THREADS_TSAN) -MMD -MP -c -o $@ $<

$(THREADS_BINS): $(THREADS_B)/%: $(THREADS_B)/obj/tests/unit/threads/%.o \
		$(THREADS_OBJS)
	@echo '  UNIT $@'
	@$(CLANG) -fsanitize=thread $(THREADS_WRAP) -o $@ $^ -lpthread

# The tests of these tests: PROGRAM-NAME.sed plants a race into the source that
# its first line names, and the program has to find it: status 1 is its own
# word, 66 ThreadSanitizer's.
MUTANTS := $(patsubst %.sed,%,$(notdir \
	$(sort $(wildcard tests/unit/threads/mutants/*.sed))))
MUTANT_BINS := $(MUTANTS:%=$(THREADS_B)/mutant-%)

define threads_mutant
MUTANT_SRC_$(1) := $$(shell sed -n '1s/^\# \([^:]*\):.*/\1/p' \
	tests/unit/threads/mutants/$(1).sed)
$(THREADS_B)/mutant-$(1).c: tests/unit/threads/mutants/$(1).sed \
		$$(MUTANT_SRC_$(1))
	@mkdir -p $$(@D)
	@sed -f $$< $$(MUTANT_SRC_$(1)) >$$@
	@! cmp -s $$@ $$(MUTANT_SRC_$(1)) || { \
		echo "$$<: nothing to change in $$(MUTANT_SRC_$(1))" >&2; \
		exit 1; }
$(THREADS_B)/mutant-$(1): $(THREADS_B)/mutant-$(1).c \
		$(THREADS_B)/obj/tests/unit/threads/$(firstword \
		$(subst -, ,$(1))).o $$(THREADS_OBJS)
	@echo '  UNIT $$@'
	@$(CLANG) $(THREADS_CFLAGS) -fsanitize=thread $(THREADS_WRAP) \
		-o $$@ $$(filter-out \
		$(THREADS_B)/obj/$$(MUTANT_SRC_$(1):%.c=%.o),$$^) -lpthread
endef
$(foreach m,$(MUTANTS),$(eval $(call threads_mutant,$(m))))

-include $(wildcard $(patsubst %.o,%.d,$(THREADS_OBJS)) \
	$(THREADS_B)/obj/tests/unit/threads/*.d)

# What a passing run prints last, as tests/unit/build.mk has it; status 1 if one
# failed.
define THREADS_RUN
( bad=0; \
for bin in $(THREADS_BINS); do \
	$$bin >$$bin.log 2>&1 || { bad=1; cat $$bin.log; }; \
	echo "$$bin: $$(tail -n 1 $$bin.log)"; \
done; \
for bin in $(MUTANT_BINS); do \
	$$bin >$$bin.log 2>&1; \
	case $$? in \
	1|66) echo "$$bin: the planted race was found" ;; \
	*) bad=1; echo "$$bin: not found"; cat $$bin.log ;; \
	esac; \
done; exit $$bad )
endef
