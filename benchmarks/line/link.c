/* link DELAY_MS LOSS_PERCENT RATE_MBIT QUEUE_MS ONE OTHER
 *
 * A long line between two network devices that it makes, for kernels that cannot emulate one: what
 * goes into the one comes out of the other, and the other way round, later by the delay, no faster
 * than the rate, and with some packets lost: by chance, or because the queue in front of the line is
 * full. Needs the right to make TUN devices. Says "ready" once both are there.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { LARGEST = 2048, ROOM = 1 << 15 };

typedef struct {
    int64_t due;
    size_t length;
    uint8_t bytes[LARGEST];
} Packet;

typedef struct {
    int64_t delay, queue;  /* nanoseconds */
    double loss, bit_time; /* share; nanoseconds for a bit */
} Manners;

typedef struct {
    int from, to;
    const Manners *manners;
    Packet *packets; /* a ring; the first to leave is at head */
    size_t head, count;
    int64_t free_at; /* when the last bit of what is queued will be on the line */
    uint64_t chance;
} Way;

static int64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static double chance_of(Way *way)
{
    way->chance ^= way->chance << 13;
    way->chance ^= way->chance >> 7;
    way->chance ^= way->chance << 17;
    return (double)(way->chance >> 11) / (double)(1ull << 53);
}

static void take(Way *way)
{
    Packet *packet = &way->packets[(way->head + way->count) % ROOM];
    ssize_t length = read(way->from, packet->bytes, LARGEST);
    if (length <= 0)
        return;
    int64_t time = now();
    int64_t start = way->free_at > time ? way->free_at : time;
    if (start - time > way->manners->queue || way->count + 1 >= ROOM)
        return;
    way->free_at = start + (int64_t)(8 * length * way->manners->bit_time);
    if (chance_of(way) < way->manners->loss)
        return;
    packet->length = (size_t)length;
    packet->due = way->free_at + way->manners->delay;
    way->count++;
}

static void give(Way *way)
{
    int64_t time = now();
    while (way->count && way->packets[way->head].due <= time) {
        Packet *packet = &way->packets[way->head];
        /* A device that is down, or full, loses packets, as networks do. */
        ssize_t ignored = write(way->to, packet->bytes, packet->length);
        (void)ignored;
        way->head = (way->head + 1) % ROOM;
        way->count--;
    }
}

static void *carry(void *given)
{
    Way *way = given;
    for (;;) {
        struct pollfd readable = {way->from, POLLIN, 0};
        struct timespec wait = {0, 0};
        int64_t left = way->count ? way->packets[way->head].due - now() : 0;
        if (left > 0) {
            wait.tv_sec = left / 1000000000;
            wait.tv_nsec = left % 1000000000;
        }
        ppoll(&readable, 1, way->count ? &wait : NULL, NULL);
        if (readable.revents & POLLIN)
            take(way);
        give(way);
    }
    return NULL;
}

static int device(const char *name)
{
    struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
    int made = open("/dev/net/tun", O_RDWR);
    snprintf(request.ifr_name, sizeof request.ifr_name, "%s", name);
    if (made < 0 || ioctl(made, TUNSETIFF, &request)) {
        perror(name);
        exit(1);
    }
    return made;
}

static void start(int from, int to, const Manners *manners, uint64_t chance)
{
    pthread_t thread;
    Way *way = calloc(1, sizeof *way);
    if (way)
        way->packets = calloc(ROOM, sizeof *way->packets);
    if (!way || !way->packets)
        abort();
    way->from = from;
    way->to = to;
    way->manners = manners;
    way->chance = chance;
    if (pthread_create(&thread, NULL, carry, way))
        abort();
}

int main(int count, char **words)
{
    if (count != 7)
        return 2;
    Manners manners = {
        .delay = (int64_t)(atof(words[1]) * 1e6),
        .loss = atof(words[2]) / 100,
        .bit_time = 1000 / atof(words[3]),
        .queue = (int64_t)(atof(words[4]) * 1e6),
    };
    int one = device(words[5]), other = device(words[6]);
    start(one, other, &manners, 88172645463325252u);
    start(other, one, &manners, 36243606954217611u);
    puts("ready");
    fflush(stdout);
    pause();
}
