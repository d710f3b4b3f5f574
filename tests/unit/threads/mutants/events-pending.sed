# hypervisor/event/fifo.c: PENDING is set in three steps, as if the guest and
# other senders did not change the word at the same time.
s/return !(__atomic_fetch_or(word, PENDING, __ATOMIC_SEQ_CST) &/event_word_t w = __atomic_load_n(word, __ATOMIC_SEQ_CST);\n\tsched_yield();\n\t__atomic_store_n(word, w | PENDING, __ATOMIC_SEQ_CST);\n\treturn !(w \&/
1i #include <sched.h>
