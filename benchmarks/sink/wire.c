/* One connection. What a client uploads is thrown away inside the kernel where the system can. */
#define _GNU_SOURCE
#include "sink.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/sendfile.h>
#endif

enum { BUFFER = 64 * 1024, FILE_STEP = 256 * 1024, KERNEL_STEP = 4 * 1024 * 1024 };

bool wire_open(Wire *wire, int fd, SSL_CTX *context)
{
    int yes = 1;
    memset(wire, 0, sizeof *wire);
    wire->fd = fd;
    wire->buffer = malloc(BUFFER);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (!wire->buffer || !context)
        return wire->buffer != NULL;
    wire->tls = SSL_new(context);
    return wire->tls && SSL_set_fd(wire->tls, fd) && SSL_accept(wire->tls) == 1;
}

void wire_close(Wire *wire)
{
    SSL_free(wire->tls);
    close(wire->fd);
    free(wire->buffer);
}

static ssize_t receive(Wire *wire, void *into, size_t length)
{
    if (wire->tls)
        return SSL_read(wire->tls, into, (int)length);
    return recv(wire->fd, into, length, 0);
}

static bool refill(Wire *wire)
{
    ssize_t count = receive(wire, wire->buffer, BUFFER);
    wire->start = 0;
    wire->end = count > 0 ? (size_t)count : 0;
    return count > 0;
}

bool wire_line(Wire *wire, char *line, size_t size)
{
    size_t length = 0;
    for (;;) {
        if (wire->start == wire->end && !refill(wire))
            return false;
        char one = wire->buffer[wire->start++];
        if (one == '\n')
            break;
        if (length + 1 < size)
            line[length++] = one;
    }
    if (length && line[length - 1] == '\r')
        length--;
    line[length] = 0;
    return true;
}

bool wire_read(Wire *wire, void *into, size_t length)
{
    char *to = into;
    while (length) {
        if (wire->start == wire->end && !refill(wire))
            return false;
        size_t count = wire->end - wire->start;
        count = count < length ? count : length;
        memcpy(to, wire->buffer + wire->start, count);
        wire->start += count;
        to += count;
        length -= count;
    }
    return true;
}

static uint64_t skip_buffered(Wire *wire, uint64_t length)
{
    uint64_t count = wire->end - wire->start;
    count = count < length ? count : length;
    wire->start += (size_t)count;
    return length - count;
}

static bool skip_in_kernel(Wire *wire, uint64_t length)
{
#ifdef __linux__
    while (length) {
        size_t step = length < KERNEL_STEP ? (size_t)length : KERNEL_STEP;
        ssize_t count = recv(wire->fd, NULL, step, MSG_TRUNC | MSG_WAITALL);
        if (count <= 0)
            return false;
        length -= (uint64_t)count;
    }
    return true;
#else
    while (length) {
        if (!refill(wire))
            return false;
        length = skip_buffered(wire, length);
    }
    return true;
#endif
}

bool wire_skip(Wire *wire, uint64_t length)
{
    length = skip_buffered(wire, length);
    if (!wire->tls)
        return skip_in_kernel(wire, length);
    while (length) {
        if (!refill(wire))
            return false;
        length = skip_buffered(wire, length);
    }
    return true;
}

bool wire_write(Wire *wire, const void *data, size_t length)
{
    const char *from = data;
    while (length) {
        ssize_t count = wire->tls ? SSL_write(wire->tls, from, (int)length)
                                  : send(wire->fd, from, length, 0);
        if (count <= 0)
            return false;
        from += count;
        length -= (size_t)count;
    }
    return true;
}

static bool copy_file(Wire *wire, int file, uint64_t from, uint64_t length)
{
    char *room = malloc(FILE_STEP);
    bool well = room != NULL;
    while (well && length) {
        size_t step = length < FILE_STEP ? (size_t)length : FILE_STEP;
        ssize_t count = pread(file, room, step, (off_t)from);
        well = count > 0 && wire_write(wire, room, (size_t)count);
        from += (uint64_t)(count > 0 ? count : 0);
        length -= (uint64_t)(count > 0 ? count : 0);
    }
    free(room);
    return well;
}

#ifdef __linux__
static bool send_file(Wire *wire, int file, uint64_t from, uint64_t length)
{
    off_t offset = (off_t)from;
    while (length) {
        size_t step = length < KERNEL_STEP ? (size_t)length : KERNEL_STEP;
        ssize_t count = sendfile(wire->fd, file, &offset, step);
        if (count <= 0)
            return false;
        length -= (uint64_t)count;
    }
    return true;
}
#endif

bool wire_file(Wire *wire, const char *head, size_t head_length, int file, uint64_t from,
               uint64_t length)
{
#ifdef __linux__
    int yes = 1, no = 0;
    if (!wire->tls) {
        setsockopt(wire->fd, IPPROTO_TCP, TCP_CORK, &yes, sizeof yes);
        bool well = wire_write(wire, head, head_length) && send_file(wire, file, from, length);
        setsockopt(wire->fd, IPPROTO_TCP, TCP_CORK, &no, sizeof no);
        return well;
    }
#endif
    return wire_write(wire, head, head_length) && copy_file(wire, file, from, length);
}
