/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Packs a tar archive: ustar (POSIX.1-1988), pax headers (POSIX.1-2001) and
 * GNU's long names.  The archive is not trusted: numbers are checked, names
 * cannot leave the root.  Later entries replace earlier ones of the same
 * name.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rootfs.h"

#define BLOCK		512
#define META_MAX	(1 << 20)	/* longest pax header or long name */

struct tar_header {
	char	th_name[100], th_mode[8], th_uid[8], th_gid[8], th_size[12];
	char	th_mtime[12], th_sum[8], th_type, th_link[100], th_magic[8];
	char	th_uname[32], th_gname[32], th_major[8], th_minor[8];
	char	th_prefix[155], th_pad[12];
};
_Static_assert(sizeof(struct tar_header) == BLOCK, "tar_header");

/* What extension headers said about the next entry. */
struct extra {
	char		*x_path, *x_link;
	uint64_t	 x_size, x_uid, x_gid;
	int64_t		 x_mtime;
	uint32_t	 x_nsec;
	bool		 x_has_size, x_has_uid, x_has_gid, x_has_mtime;
};

struct tar {
	struct fstree	*ta_tree;
	const char	*ta_path;
	int		 ta_fd;
	pid_t		 ta_child;	/* the decompressor, 0: none */
	uint64_t	 ta_pos;
	struct extra	 ta_x;
};

static void __attribute__((noreturn))
bad(const struct tar *ta, const char *what)
{
	die("--rootfs %s: %s, at byte %llu of the archive", ta->ta_path, what,
	    (unsigned long long)ta->ta_pos);
}

static void __attribute__((noreturn))
no_tar(const struct tar *ta)
{
	die("--rootfs %s: neither a folder nor a tar archive", ta->ta_path);
}

/* Reads exactly len bytes; false at the very end. */
static bool
get(struct tar *ta, void *buf, size_t len)
{
	size_t got = 0;
	ssize_t n;

	while (got < len) {
		check_stop();
		n = read(ta->ta_fd, (char *)buf + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			bad(ta, strerror(errno));
		if (n == 0)
			break;
		got += (size_t)n;
		ta->ta_pos += (uint64_t)n;
	}
	if (got && got < len && ta->ta_pos < BLOCK)
		no_tar(ta);
	if (got && got < len)
		bad(ta, "the archive is cut off");
	return got == len;
}

static void
skip(struct tar *ta, uint64_t len)
{
	size_t n;

	for (; len > 0; len -= n) {
		n = len < FS_BUF ? len : FS_BUF;
		if (!get(ta, ta->ta_tree->t_buf, n))
			bad(ta, "the archive is cut off");
	}
}

static uint64_t
padding(uint64_t size)
{
	return -size & (BLOCK - 1);
}

/* Octal with blanks or a NUL, or GNU's binary form. */
static uint64_t
number(const struct tar *ta, const char *s, size_t len)
{
	uint64_t n = 0;
	size_t i = 0;

	if ((unsigned char)s[0] & 0x80) {
		n = (unsigned char)s[0] & 0x3f;
		for (i = 1; i < len; i++) {
			if (n >> 55)
				bad(ta, "a number is out of range");
			n = n << 8 | (unsigned char)s[i];
		}
		return n;
	}
	while (i < len && s[i] == ' ')
		i++;
	for (; i < len && s[i] && s[i] != ' '; i++) {
		if (s[i] < '0' || s[i] > '7')
			bad(ta, "not a number in a header");
		n = n << 3 | (unsigned)(s[i] - '0');
	}
	return n;
}

#define NUMBER(ta, field)	number(ta, field, sizeof(field))

static bool
checksum_ok(const struct tar *ta, const struct tar_header *th)
{
	const unsigned char *p = (const void *)th;
	uint64_t sum = 0;
	size_t i, at = offsetof(struct tar_header, th_sum);

	for (i = 0; i < BLOCK; i++)
		sum += i >= at && i < at + 8 ? ' ' : p[i];
	return sum == NUMBER(ta, th->th_sum);
}

static bool
all_zero(const void *p)
{
	static const char zero[BLOCK];

	return memcmp(p, zero, BLOCK) == 0;
}

static char *
get_meta(struct tar *ta, uint64_t size)
{
	char *s;

	if (size > META_MAX)
		bad(ta, "an extension header is too long");
	s = xcalloc(1, size + 1);
	if (size && !get(ta, s, size))
		bad(ta, "the archive is cut off");
	skip(ta, padding(size));
	return s;
}

static uint64_t
decimal(const struct tar *ta, const char *s, char **end)
{
	unsigned long long n;

	errno = 0;
	n = strtoull(s, end, 10);
	if (errno || *end == s || *s == '-')
		bad(ta, "not a number in a pax header");
	return n;
}

static void
pax_mtime(const struct tar *ta, struct extra *x, const char *s)
{
	bool minus = *s == '-';
	uint32_t unit = 100000000;
	char *end;

	x->x_mtime = (int64_t)decimal(ta, s + minus, &end);
	x->x_nsec = 0;
	if (*end == '.')
		for (end++; *end >= '0' && *end <= '9'; end++, unit /= 10)
			x->x_nsec += unit * (uint32_t)(*end - '0');
	if (minus) {	/* -1.25 is second -2 and 750 million ns */
		x->x_mtime = -x->x_mtime - (x->x_nsec ? 1 : 0);
		x->x_nsec = x->x_nsec ? 1000000000 - x->x_nsec : 0;
	}
	x->x_has_mtime = true;
}

static void
pax_record(struct tar *ta, const char *key, const char *value)
{
	struct extra *x = &ta->ta_x;
	char *end;

	if (strcmp(key, "path") == 0)
		x->x_path = xstrdup(value);
	else if (strcmp(key, "linkpath") == 0)
		x->x_link = xstrdup(value);
	else if (strcmp(key, "size") == 0) {
		x->x_size = decimal(ta, value, &end);
		x->x_has_size = true;
	} else if (strcmp(key, "uid") == 0) {
		x->x_uid = decimal(ta, value, &end);
		x->x_has_uid = true;
	} else if (strcmp(key, "gid") == 0) {
		x->x_gid = decimal(ta, value, &end);
		x->x_has_gid = true;
	} else if (strcmp(key, "mtime") == 0)
		pax_mtime(ta, x, value);
	else if (strncmp(key, "GNU.sparse.", 11) == 0)
		bad(ta, "sparse files are not supported (tar without -S)");
}

/* Records are "LENGTH KEY=VALUE\n", LENGTH counting all of it. */
static void
pax_header(struct tar *ta, uint64_t size)
{
	char *buf = get_meta(ta, size), *p = buf, *key, *value;
	uint64_t len;

	while (p < buf + size) {
		len = decimal(ta, p, &key);
		if (*key != ' ' || len > (uint64_t)(buf + size - p) ||
		    len < (uint64_t)(key - p) + 3 || p[len - 1] != '\n')
			bad(ta, "damaged pax header");
		key++;
		p += len;
		p[-1] = '\0';
		value = strchr(key, '=');
		if (value == NULL)
			bad(ta, "damaged pax header");
		*value++ = '\0';
		pax_record(ta, key, value);
	}
	free(buf);
}

/*
 * The directory that path names all but the last part of, made when missing;
 * the last part goes to *lastp, "" for the root itself.
 */
static struct fsinode *
walk(struct tar *ta, const char *path, bool make, char **lastp)
{
	static const struct fsinode proto = { .i_mode = S_IFDIR | 0755 };
	struct fsinode *dir = ta->ta_tree->t_root, *next;
	char *copy = xstrdup(path), *save, *part, *last = xstrdup("");

	if (strlen(path) > PATH_MAX)
		die("--rootfs %s: the name %.40s... is longer than %d bytes",
		    ta->ta_path, path, PATH_MAX);
	for (part = strtok_r(copy, "/", &save); part;
	    part = strtok_r(NULL, "/", &save)) {
		if (strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0)
			die("--rootfs %s: the name %s contains \"..\"",
			    ta->ta_path, path);
		if (*last) {
			next = fs_find(dir, last);
			if (next == NULL && make)
				next = fs_add(ta->ta_tree, dir, last, &proto);
			if (next == NULL || !S_ISDIR(next->i_mode))
				die("--rootfs %s: %s: %s is no folder",
				    ta->ta_path, path, last);
			dir = next;
		}
		free(last);
		last = xstrdup(part);
	}
	free(copy);
	*lastp = last;
	return dir;
}

static void
add_file(struct tar *ta, struct fsinode *ino, uint64_t size)
{
	struct fstree *t = ta->ta_tree;
	uint64_t left = size;
	size_t n;

	ino->i_size = size;
	ino->i_off = fs_data_begin(t);
	for (; left > 0; left -= n) {
		n = left < FS_BUF ? left : FS_BUF;
		if (!get(ta, t->t_buf, n))
			bad(ta, "the archive is cut off");
		fs_data_put(t, t->t_buf, n);
	}
	skip(ta, padding(size));
}

static void
add_hardlink(struct tar *ta, struct fsinode *dir, const char *name,
    const char *target)
{
	char *last;
	struct fsinode *tdir = walk(ta, target, false, &last), *ino;

	ino = fs_find(tdir, last);
	if (ino == NULL || S_ISDIR(ino->i_mode))
		die("--rootfs %s: %s is a hard link to %s, which is not "
		    "there", ta->ta_path, name, target);
	if (fs_find(dir, name) != ino)
		fs_link(dir, name, ino);
	free(last);
}

static uint32_t
type_bits(char type)
{
	switch (type) {
	case '0': case '\0': case '7': return S_IFREG;
	case '2': return S_IFLNK;
	case '3': return S_IFCHR;
	case '4': return S_IFBLK;
	case '5': return S_IFDIR;
	case '6': return S_IFIFO;
	default: return 0;
	}
}

static void
proto_of(struct tar *ta, const struct tar_header *th, struct fsinode *p)
{
	const struct extra *x = &ta->ta_x;

	memset(p, 0, sizeof(*p));
	p->i_mode = type_bits(th->th_type) |
	    (uint32_t)(NUMBER(ta, th->th_mode) & 07777);
	p->i_uid = (uint32_t)(x->x_has_uid ? x->x_uid :
	    NUMBER(ta, th->th_uid));
	p->i_gid = (uint32_t)(x->x_has_gid ? x->x_gid :
	    NUMBER(ta, th->th_gid));
	p->i_mtime = x->x_has_mtime ? x->x_mtime :
	    (int64_t)NUMBER(ta, th->th_mtime);
	p->i_nsec = x->x_has_mtime ? x->x_nsec : 0;
	if (th->th_type == '3' || th->th_type == '4')
		p->i_rdev = NUMBER(ta, th->th_major) << 32 |
		    (uint32_t)NUMBER(ta, th->th_minor);
}

/* Names of an entry as the header has them; a pax header's come first. */
static void
names_of(const struct tar *ta, const struct tar_header *th, char **pathp,
    char **linkp)
{
	const struct extra *x = &ta->ta_x;
	bool ustar = memcmp(th->th_magic, "ustar\0", 6) == 0;

	*pathp = x->x_path ? xstrdup(x->x_path) :
	    fmt("%.*s%s%.100s", ustar ? 155 : 0, th->th_prefix,
	    ustar && th->th_prefix[0] ? "/" : "", th->th_name);
	*linkp = x->x_link ? xstrdup(x->x_link) : fmt("%.100s", th->th_link);
}

static void
entry(struct tar *ta, const struct tar_header *th, uint64_t size)
{
	struct fsinode proto, *dir, *ino;
	char *path, *link, *last;
	size_t n;

	names_of(ta, th, &path, &link);
	proto_of(ta, th, &proto);
	n = strlen(path);
	/* Old archives mark folders by the slash only. */
	if (S_ISREG(proto.i_mode) && n && path[n - 1] == '/')
		proto.i_mode ^= S_IFREG ^ S_IFDIR;
	dir = walk(ta, path, true, &last);
	if (*last == '\0') {
		if (!S_ISDIR(proto.i_mode))
			bad(ta, "an entry without a name");
		fs_set(ta->ta_tree, ta->ta_tree->t_root, &proto);
	} else if (th->th_type == '1')
		add_hardlink(ta, dir, last, link);
	else {
		if (S_ISLNK(proto.i_mode))
			proto.i_target = link;
		ino = fs_add(ta->ta_tree, dir, last, &proto);
		if (S_ISREG(proto.i_mode)) {
			add_file(ta, ino, size);
			size = 0;
		}
	}
	skip(ta, size + padding(size));
	free(last);
	free(path);
	free(link);
}

static void
header(struct tar *ta, const struct tar_header *th)
{
	uint64_t size = NUMBER(ta, th->th_size);

	switch (th->th_type) {
	case 'x':
		pax_header(ta, size);
		return;
	case 'g':
		free(get_meta(ta, size));
		return;
	case 'L':
		ta->ta_x.x_path = get_meta(ta, size);
		return;
	case 'K':
		ta->ta_x.x_link = get_meta(ta, size);
		return;
	}
	if (ta->ta_x.x_has_size)
		size = ta->ta_x.x_size;
	if (size > INT64_MAX / 2)
		bad(ta, "a size is out of range");
	/* Links and folders carry no contents, whatever the size says. */
	if (strchr("12345", th->th_type) && th->th_type)
		size = 0;
	if (th->th_type != '1' && type_bits(th->th_type) == 0)
		die("--rootfs %s: entry %.100s has type '%c', which is not "
		    "supported", ta->ta_path, th->th_name, th->th_type);
	entry(ta, th, size);
	free(ta->ta_x.x_path);
	free(ta->ta_x.x_link);
	memset(&ta->ta_x, 0, sizeof(ta->ta_x));
}

static void
close_tar(struct tar *ta)
{
	/* Up to the end: the unpacker checks its sum there. */
	while (ta->ta_child && get(ta, ta->ta_tree->t_buf, 1))
		continue;
	close(ta->ta_fd);
	if (ta->ta_child && unpack_end(ta->ta_child) != 0)
		die("--rootfs %s: cannot be unpacked", ta->ta_path);
}

void
fs_read_tar(struct fstree *t, const char *path)
{
	struct tar ta = { .ta_tree = t, .ta_path = path };
	struct tar_header th;
	bool any = false;

	ta.ta_fd = unpack_open(path, &ta.ta_child);
	while (get(&ta, &th, sizeof(th)) && !all_zero(&th)) {
		if (!checksum_ok(&ta, &th)) {
			if (!any)
				no_tar(&ta);
			bad(&ta, "damaged header");
		}
		header(&ta, &th);
		any = true;
	}
	if (!any && ta.ta_pos == 0)
		die("--rootfs %s: is empty", path);
	close_tar(&ta);
}
