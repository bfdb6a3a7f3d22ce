/* A process group member on a corosync node, through libcpg: joins GROUP, waits until it has PEERS members, sends
 * COUNT messages and writes every message delivered, 'node length hash', one line each, until COUNT of each of the
 * PEERS senders have come. Sizes come from the number of a message as in client.rs. Not a test of libcpg: no error is
 * handled but "try again". */
#include <corosync/cpg.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static size_t members;
static unsigned long delivered;

static uint32_t fnv1a(const unsigned char *p, size_t n)
{
	uint32_t h = 2166136261u;
	while (n--)
		h = (h ^ *p++) * 16777619u;
	return h;
}

/* mostly small, one of 101 up to a mebibyte, one of them exactly that */
static size_t size_of(unsigned long i)
{
	if (i == 101)
		return 1 << 20;
	return i % 101 == 0 ? 1 + (i * 7919) % (1 << 18) : 1 + (i * 31) % 3000;
}

static void deliver(cpg_handle_t h, const struct cpg_name *g, uint32_t node, uint32_t pid, void *msg, size_t len)
{
	(void)h, (void)g, (void)pid;
	printf("%u %zu %08x\n", node, len, fnv1a(msg, len));
	delivered++;
}

static void confchg(cpg_handle_t h, const struct cpg_name *g, const struct cpg_address *m, size_t n,
		    const struct cpg_address *l, size_t nl, const struct cpg_address *j, size_t nj)
{
	(void)h, (void)g, (void)m, (void)l, (void)nl, (void)j, (void)nj;
	members = n;
	fprintf(stderr, "members %zu\n", n);
}

int main(int argc, char **argv)
{
	if (argc != 4)
		return 2;
	size_t peers = strtoul(argv[2], NULL, 10);
	unsigned long count = strtoul(argv[3], NULL, 10), sent = 0;
	cpg_callbacks_t callbacks = { .cpg_deliver_fn = deliver, .cpg_confchg_fn = confchg };
	cpg_handle_t handle;
	struct cpg_name group = { .length = strlen(argv[1]) };
	memcpy(group.value, argv[1], group.length);
	if (cpg_initialize(&handle, &callbacks) != CS_OK || cpg_join(handle, &group) != CS_OK)
		return 1;
	int fd;
	cpg_fd_get(handle, &fd);
	unsigned char *buffer = malloc(1 << 20);
	int started = 0;
	while (delivered < peers * count) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		poll(&p, 1, started && sent < count ? 0 : 1000);
		if (p.revents && cpg_dispatch(handle, CS_DISPATCH_ALL) != CS_OK)
			return 1;
		started |= members >= peers;
		if (!started || sent == count)
			continue;
		size_t size = size_of(sent);
		memset(buffer, 'a' + sent % 26, size);
		struct iovec iov = { .iov_base = buffer, .iov_len = size };
		if (cpg_mcast_joined(handle, CPG_TYPE_AGREED, &iov, 1) == CS_OK)
			sent++;
	}
	fflush(stdout);
	cpg_finalize(handle);
	return 0;
}
