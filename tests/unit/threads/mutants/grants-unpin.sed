# hypervisor/grant/table.c: the marks of an entry go in two steps, as if its
# guest did not write it at the same time.
s/__atomic_fetch_and(entry_word(entry_of(t, ref)), ~clear,/*entry_word(entry_of(t, ref)) \&= ~clear;/
/^\t\t\t\t   __ATOMIC_RELEASE);$/d
