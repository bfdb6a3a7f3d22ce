/* A process that loads a corosync node through libcpg, as corosync's cpgbench does: joins a group, waits for a ring of
 * NODES, then sends messages of each SIZE for SECONDS as fast as they are taken, while another thread counts those that
 * are delivered to it. Writes 'size messages seconds', a line each. Usage: client NODES SECONDS SIZE... */
#include <corosync/cpg.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define PAYLOAD_MAX (1 << 20)

static volatile unsigned long delivered;
static volatile size_t ring;

static void deliver(cpg_handle_t h, const struct cpg_name *g, uint32_t node, uint32_t pid, void *msg, size_t len)
{
	(void)h, (void)g, (void)node, (void)pid, (void)msg, (void)len;
	delivered++;
}

static void confchg(cpg_handle_t h, const struct cpg_name *g, const struct cpg_address *m, size_t n,
		    const struct cpg_address *l, size_t nl, const struct cpg_address *j, size_t nj)
{
	(void)h, (void)g, (void)m, (void)n, (void)l, (void)nl, (void)j, (void)nj;
}

static void ring_changed(cpg_handle_t h, struct cpg_ring_id id, uint32_t n, const uint32_t *members)
{
	(void)h, (void)id, (void)members;
	ring = n;
}

static void *dispatch(void *handle)
{
	cpg_dispatch(*(cpg_handle_t *)handle, CS_DISPATCH_BLOCKING);
	return NULL;
}

static double now(void)
{
	struct timespec t;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/* A daemon that has just started takes no clients yet. */
static cs_error_t connect_and_join(cpg_handle_t *handle, const struct cpg_name *group)
{
	cpg_model_v1_data_t model = {
		.model = CPG_MODEL_V1, .cpg_deliver_fn = deliver, .cpg_confchg_fn = confchg,
		.cpg_totem_confchg_fn = ring_changed, .flags = CPG_MODEL_V1_DELIVER_INITIAL_TOTEM_CONF,
	};
	cs_error_t result = CS_ERR_TRY_AGAIN;
	for (int i = 0; i < 600 && result != CS_OK; i++, usleep(50000))
		result = cpg_model_initialize(handle, CPG_MODEL_V1, (cpg_model_data_t *)&model, NULL);
	for (int i = 0; i < 600 && result == CS_OK; i++, usleep(50000)) {
		result = cpg_join(*handle, group);
		if (result != CS_ERR_TRY_AGAIN)
			break;
		result = CS_OK;
	}
	return result;
}

int main(int argc, char **argv)
{
	if (argc < 4)
		return 2;
	size_t nodes = strtoul(argv[1], NULL, 10);
	double seconds = strtod(argv[2], NULL);
	struct cpg_name group = { .length = 5, .value = "bench" };
	cpg_handle_t handle;
	pthread_t thread;
	if (connect_and_join(&handle, &group) != CS_OK || pthread_create(&thread, NULL, dispatch, &handle) != 0)
		return 1;
	for (int i = 0; i < 1200 && ring != nodes; i++)
		usleep(50000);
	if (ring != nodes)
		return 1;
	char *payload = calloc(1, PAYLOAD_MAX);
	for (int i = 3; i < argc; i++) {
		struct iovec iov = { .iov_base = payload, .iov_len = strtoul(argv[i], NULL, 10) };
		/* what is left of the size before */
		sleep(1);
		delivered = 0;
		double start = now();
		while (now() < start + seconds) {
			cs_error_t result = cpg_mcast_joined(handle, CPG_TYPE_AGREED, &iov, 1);
			if (result != CS_OK && result != CS_ERR_TRY_AGAIN)
				return 1;
		}
		unsigned long count = delivered;
		printf("%s %lu %.6f\n", argv[i], count, now() - start);
		fflush(stdout);
	}
	return 0;
}
