/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * poll(2) of a descriptor that is not open: an event, whatever the timeout
 * is.  When it is not seen the test does not end.
 */
#include <poll.h>
#include <unistd.h>

#include "../check.h"

int
main(void)
{
	struct pollfd f[3] = { 0 };
	int p[2], gone;

	REQUIRE(pipe(p) == 0);
	gone = dup(p[0]);
	close(gone);
	f[0].fd = -1;
	f[1].fd = p[0];
	f[1].events = POLLIN;
	f[2].fd = gone;
	CHECK_EQ(poll(f, 3, 0), 1);
	CHECK_EQ(poll(f, 3, -1), 1);
	CHECK_EQ(poll(f + 2, 1, -1), 1);
	CHECK(f[0].revents == 0 && f[1].revents == 0);
	CHECK_EQ(f[2].revents, POLLNVAL);
	return check_done();
}
