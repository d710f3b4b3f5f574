/* SPDX-License-Identifier: MIT */
/*
 * The CMOS clock. While it advances (once a second, bit 7 of status register
 * A says so in advance) its registers are not to be trusted: they are read
 * twice with no update in progress until two readings agree.
 */
#include "x86/cmos.h"
#include "lib/errno.h"
#include "lib/lock.h"
#include "lib/string.h"
#include "log/log.h"
#include "time/calendar.h"
#include "time/time.h"
#include "x86/asm.h"

#define CMOS_INDEX 0x70
#define CMOS_DATA  0x71

#define RTC_SECOND   0x00
#define RTC_MINUTE   0x02
#define RTC_HOUR     0x04
#define RTC_DAY	     0x07
#define RTC_MONTH    0x08
#define RTC_YEAR     0x09
#define RTC_STATUS_A 0x0a
#define RTC_STATUS_B 0x0b

#define RTC_A_UPDATING 0x80

/* An update takes 2 ms; a port access about 1 us. */
#define UPDATE_READS 20000
#define READ_ROUNDS  8

/* An access takes two steps. */
static struct spinlock cmos_lock = SPINLOCK_INIT(LOCK_DEVICE);

uint8_t cmos_read(uint8_t index)
{
	uint8_t v;

	lock_acquire(&cmos_lock);
	outb(CMOS_INDEX, index & 0x7f);
	v = inb(CMOS_DATA);
	lock_release(&cmos_lock);
	return v;
}

void cmos_write(uint8_t index, uint8_t v)
{
	lock_acquire(&cmos_lock);
	outb(CMOS_INDEX, index & 0x7f);
	outb(CMOS_DATA, v);
	lock_release(&cmos_lock);
}

static void read_once(struct rtc_registers *r)
{
	unsigned int reads = UPDATE_READS;

	while (cmos_read(RTC_STATUS_A) & RTC_A_UPDATING && --reads)
		cpu_pause();
	*r = (struct rtc_registers){
		.second = cmos_read(RTC_SECOND),
		.minute = cmos_read(RTC_MINUTE),
		.hour = cmos_read(RTC_HOUR),
		.day = cmos_read(RTC_DAY),
		.month = cmos_read(RTC_MONTH),
		.year = cmos_read(RTC_YEAR),
		.status_b = cmos_read(RTC_STATUS_B),
	};
}

int cmos_read_clock(uint64_t *seconds)
{
	struct rtc_registers first, second;
	unsigned int round;

	for (round = 0; round < READ_ROUNDS; round++) {
		read_once(&first);
		read_once(&second);
		if (memcmp(&first, &second, sizeof(first)) == 0)
			return calendar_from_rtc(&first, seconds) ? -EIO : 0;
	}
	return -EIO;
}

void cmos_init_wallclock(void)
{
	uint64_t seconds = 0;

	if (cmos_read_clock(&seconds))
		log_warn("the CMOS clock is not set: the date starts at 1970 "
			 "until domain zero sets it\n");
	time_init_wallclock(seconds);
}
