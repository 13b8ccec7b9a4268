/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Consoles: the 16550 at COM1, or the debug port where there is none, and
 * those that are linked beside (link set hw_consoles).  Output goes to all.
 * Input comes from the 16550, by interrupt once somebody waits for it.
 * Lock: cons_lock keeps one message's bytes together.
 */
#include "hw.h"
#include "cpu.h"

#define COM1		0x3f8
#define UART_IER	1
#define UART_FCR	2		/* reads as IIR */
#define IIR_FIFO	0xc0
#define UART_LCR	3
#define UART_MCR	4
#define UART_LSR	5
#define LSR_READY	0x01
#define LSR_EMPTY	0x20

extern const struct hw_console *const __start_hw_consoles[];
extern const struct hw_console *const __stop_hw_consoles[];

static struct bmk_spin cons_lock;
static int inited;			/* [cons_lock] */
static int uart;			/* [I] 1: there is one */
static unsigned depth = 1;		/* [I] of its FIFO; 1: it is off */
static unsigned room;			/* [cons_lock] left in its FIFO */
static uint32_t others;			/* [I] found in the link set */
static struct bmk_thread *waiter;	/* [I] once set */

static void
init(void)
{
	const struct hw_console *const *hc;

	inited = 1;
	/* Nothing decodes the port: all ones. */
	uart = inb(COM1 + UART_LSR) != 0xff;
	if (uart) {
		outb(COM1 + UART_IER, 0);
		outb(COM1 + UART_LCR, 0x80);
		outb(COM1 + 0, 1);		/* 115200 baud */
		outb(COM1 + 1, 0);
		outb(COM1 + UART_LCR, 3);	/* 8n1 */
		/*
		 * What came before us stays.  Turning a FIFO on loses the
		 * byte that waits, and reading that lets the next one in.
		 */
		if ((inb(COM1 + UART_LSR) & LSR_READY) == 0 ||
		    inb(COM1 + UART_FCR) >= IIR_FIFO) {
			outb(COM1 + UART_FCR, 1);
			depth = 16;
		}
		outb(COM1 + UART_MCR, 0x0b);
	}
	for (hc = __start_hw_consoles; hc < __stop_hw_consoles; hc++)
		if ((*hc)->hc_probe())
			others |= 1U << (hc - __start_hw_consoles);
}

static void
uart_putc(int c)
{
	unsigned spin;

	/* A full FIFO takes 16 bytes; a machine without one says so too. */
	if (room == 0) {
		for (spin = 0; spin < 1000000 &&
		    (inb(COM1 + UART_LSR) & LSR_EMPTY) == 0; spin++)
			__builtin_ia32_pause();
		room = depth;
	}
	room--;
	outb(COM1, (uint8_t)c);
}

static void
put(int c)
{
	const struct hw_console *const *hc;

	if (uart)
		uart_putc(c);
	else
		outb(0xe9, (uint8_t)c);
	if (others == 0)
		return;
	for (hc = __start_hw_consoles; hc < __stop_hw_consoles; hc++)
		if (others & 1U << (hc - __start_hw_consoles))
			(*hc)->hc_putc(c);
}

void
bmk_platform_write(const char *s, size_t len)
{
	unsigned long saved = bmk_spin_enter(&cons_lock);

	if (!inited)
		init();
	for (; len > 0; s++, len--)
		put((unsigned char)*s);
	bmk_spin_exit(&cons_lock, saved);
}

void
bmk_platform_putc(int c)
{
	char ch = (char)c;

	bmk_platform_write(&ch, 1);
}

int
bmk_platform_getc(void)
{
	unsigned long saved = bmk_spin_enter(&cons_lock);
	int c = -1;

	if (!inited)
		init();
	if (uart && inb(COM1 + UART_LSR) & LSR_READY)
		c = inb(COM1);
	bmk_spin_exit(&cons_lock, saved);
	return c;
}

/*
 * The interrupt line stays up while bytes are there, so an edge is seen only
 * after the reader has emptied the FIFO; it does, as it is woken for all.
 */
static void
uart_irq(void *arg)
{
	(void)arg;
	(void)inb(COM1 + UART_FCR);	/* reads as the interrupt's identity */
	bmk_sched_wake(waiter);
}

void
hw_console_input(void)
{
	if (waiter != NULL)
		bmk_sched_wake(waiter);
}

void
bmk_platform_getc_wakeup(struct bmk_thread *t)
{
	waiter = t;
	if (!inited)
		bmk_platform_write("", 0);
	if (uart && hw_isa_irq(4, uart_irq, NULL) == 0)
		outb(COM1 + UART_IER, 1);
}
