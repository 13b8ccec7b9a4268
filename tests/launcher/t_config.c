/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The guest configuration that options make, as the guest sees it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "harness.h"

static struct result res;

/* The text on the last line of what an spt guest prints: its last argument. */
static void
expect(int line, const char *want, const char *const *args)
{
	const char *text;

	run_all(&res, NULL, args);
	text = strstr(res.out, "arg --\narg ");
	text = text == NULL ? "(none)" : text + 11;
	if (strncmp(text, want, strlen(want)) == 0 &&
	    text[strlen(want)] == '\n')
		return;
	check_failures++;
	printf("t_config.c:%d: expected %s\ngot %s\n%s", line, want, text,
	    res.err);
}
#define EXPECT(want, ...) \
	expect(__LINE__, want, (const char *const []){ "spt", __VA_ARGS__, \
	    NULL })

static void
test_files(const char *file, int fd)
{
	const char *g = guest("guest-spt");
	static const char old[] = "{ \"env\": \"A=1\",\n\t\"env\": \"B=2\" }\n";
	static const char new[] = "{\"env\":\"A=1\",\"cmdline\":\"x y\"}";

	CHECK(write(fd, old, sizeof(old) - 1) > 0);
	EXPECT("{ \"env\": \"A=1\",  \"env\": \"B=2\" } ", "--config", file,
	    g);
	EXPECT_ERROR("write it as an array", "spt", "--config", file, "-e",
	    "C=3", g);
	CHECK_EQ(ftruncate(fd, 0), 0);
	CHECK(pwrite(fd, new, sizeof(new) - 1, 0) > 0);
	EXPECT(new, "--config", file, g);
	EXPECT("{\"env\":[\"A=1\",\"C=3\"],\"cmdline\":\"x y\"}", "--config",
	    file, "-e", "C=3", g);
	EXPECT("{\"env\":\"A=1\",\"rc\":[{\"argv\":[\"z\"]}]}", "--config",
	    file, g, "z");
	CHECK_EQ(ftruncate(fd, 12), 0);
	EXPECT_ERROR(":1: ", "spt", "--config", file, g);
	CHECK_EQ((int)pwrite(fd, "[1]         ", 12, 0), 12);
	EXPECT_ERROR("expected a JSON object", "spt", "--config", file, g);
	EXPECT_ERROR("No such file", "spt", "--config", "/nonexistent", g);
}

static void
test_run(const char *g)
{
	EXPECT("{\"rc\":[{\"bin\":\"a\",\"argv\":[]}]}", "--run", " a ;\n", g);
	EXPECT("{\"rc\":[{\"bin\":\"a\",\"argv\":[\"x y\",\"\",\"|;&\"],"
	    "\"runmode\":\"|\"},{\"bin\":\"b\",\"argv\":[\"A=1\"],\"env\":"
	    "[\"A=2\",\"_B=\"],\"runmode\":\"&\"},{\"bin\":\"9=1\",\"argv\":"
	    "[\"$\\\"\\\\q\"]},{\"bin\":\"c\",\"argv\":[]}]}", "--run",
	    "a x\\ y '' '|'\";\"\\&|A=2 _B= b A=1& 9=1 \"\\$\\\"\\q\"\n\tc", g);
	EXPECT("{\"rc\":[{\"bin\":\"a\",\"argv\":[],\"runmode\":\"&\"},"
	    "{\"bin\":\"b\",\"argv\":[]}]}", "--run", "a&", "--run", "b", g);
	EXPECT_ERROR("name is missing at the end: ", "spt", "--run", "", g);
	EXPECT_ERROR("missing before an operator", "spt", "--run", "|a", g);
	EXPECT_ERROR("missing before an operator", "spt", "--run", "a;;b", g);
	EXPECT_ERROR("missing at the end: A=1", "spt", "--run", "A=1", g);
	EXPECT_ERROR("no program after the last |", "spt", "--run", "a |", g);
	EXPECT_ERROR("&& is not there", "spt", "--run", "a && b", g);
	EXPECT_ERROR("'>' means nothing here", "spt", "--run", "a >b", g);
	EXPECT_ERROR("quote is not closed", "spt", "--run", "a 'b", g);
	EXPECT_ERROR("none may follow the image: x", "spt", "--run", "a", g,
	    "x");
}

int
main(void)
{
	const char *g = guest("guest-spt");
	char file[] = "/tmp/t_config.XXXXXX";
	int fd = mkstemp(file);

	EXPECT("", g);
	EXPECT("{\"rc\":[{\"argv\":[\"-i\",\"\",\"\\u0001\\n\xc3\xa4\"]}]}",
	    g, "-i", "", "\001\n\xc3\xa4");
	EXPECT_ERROR("not valid UTF-8", "spt", g, "\xff");
	test_run(g);
	EXPECT("{\"hostname\":\"box\",\"env\":[\"A=1\",\"B=\"]}", "-N", "box",
	    "-e", "A=1", "-e", "B=", g);
	EXPECT("{\"blk\":[{\"source\":\"dev\",\"path\":\"/dev/ld0\"},"
	    "{\"source\":\"dev\",\"path\":\"/dev/ld1\",\"fstype\":\"blk\","
	    "\"mountpoint\":\"/data\"}]}", "-b", file, "--block",
	    strcat(strcpy((char[64]){ 0 }, file), ",/data"), g);
	CHECK(strstr(res.out, "arg --rumpkit-blk=ld0:") != NULL);

	/* A network only on qemu: spt would need a TAP device. */
	RUN(&res, "qemu", "-I", "n0,vioif,user", "-W",
	    "n0,inet,static,10.0.2.15/24,10.0.2.2", "-I",
	    "n1,vioif,-net user", "-W", "n1,inet,dhcp", "-I", "n2,vioif,user",
	    "-W", "n2,inet6,auto", guest("guest"));
	CHECK_EQ(res.status, 0);
	CHECK(strstr(res.out, "{\"net\":[{\"if\":\"vioif0\",\"type\":\"inet\","
	    "\"method\":\"static\",\"addr\":\"10.0.2.15\",\"mask\":\"24\","
	    "\"gw\":\"10.0.2.2\"},{\"if\":\"vioif1\",\"type\":\"inet\","
	    "\"method\":\"dhcp\"},{\"if\":\"vioif2\",\"type\":\"inet6\","
	    "\"method\":\"auto\"}]}\n") != NULL);
	/* Two addresses of one interface; the MAC address is the tag's. */
	RUN(&res, "qemu", "-n", "-I", "n0,vioif,user", "-W", "n0,inet,dhcp",
	    "-W", "n0,inet6,static,fd00::1/64", "--pcap", "f", guest("guest"));
	CHECK(strstr(res.out, "{\"if\":\"vioif0\",\"type\":\"inet6\"") != NULL);
	CHECK(strstr(res.out, "netdev=n0,mac=02:") != NULL);
	CHECK(strstr(res.out, "filter-dump,id=pcap-n0,netdev=n0,file=f") !=
	    NULL);
	CHECK(strstr(res.out, ",csum=off,") != NULL);
	RUN(&res, "qemu", "--machine", "microvm", "-b", file, "-I",
	    "n,vioif,user", guest("guest"));
	CHECK_EQ(res.status, 0);
	test_files(file, fd);
	close(fd);
	unlink(file);
	return check_done();
}
