/* SPDX-License-Identifier: BSD-2-Clause */
/* Starts another program of the image by vfork; that one ends with 3. */
#include <sys/wait.h>

#include <unistd.h>

int
main(int argc, char **argv)
{
	int status = 0;
	pid_t pid;

	(void)argv;
	if (argc > 1)
		return 3;
	pid = vfork();
	if (pid == 0) {
		execl("/bin/other", "other", "word", (char *)NULL);
		_exit(1);
	}
	return waitpid(pid, &status, 0) == pid ? WEXITSTATUS(status) : 1;
}
