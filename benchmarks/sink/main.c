/* sink [--files MANIFEST FOLDER] [--tls CERTIFICATE KEY] [--md5-only] [--address ADDRESS]
 *
 * Takes a free port and says which on standard output. A thread for each connection. */
#include "sink.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

typedef struct {
    const char *address;
    SSL_CTX *tls;
    Manners manners;
} Options;

typedef struct {
    int fd;
    const Options *options;
} Guest;

static void *serve(void *given)
{
    Guest guest = *(Guest *)given;
    Wire wire;
    free(given);
    if (wire_open(&wire, guest.fd, guest.options->tls))
        while (answer_one(&wire, &guest.options->manners))
            ;
    wire_close(&wire);
    return NULL;
}

static void fail(const char *what)
{
    fprintf(stderr, "sink: %s\n", what);
    exit(1);
}

static SSL_CTX *tls_context(const char *certificate, const char *key)
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());
    if (!context || SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
        SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1)
        fail("the certificate cannot be used");
    SSL_CTX_set_mode(context, SSL_MODE_AUTO_RETRY);
    return context;
}

static Options options_of(int count, char **words)
{
    Options options = {.address = "127.0.0.1", .manners = {.checks_crc = true}};
    for (int at = 1; at < count; at++) {
        int left = count - at - 1;
        if (!strcmp(words[at], "--files") && left >= 2) {
            if (!objects_load(words[at + 1], words[at + 2]))
                fail("the list of files cannot be read");
            at += 2;
        } else if (!strcmp(words[at], "--tls") && left >= 2) {
            options.tls = tls_context(words[at + 1], words[at + 2]);
            at += 2;
        } else if (!strcmp(words[at], "--address") && left >= 1) {
            options.address = words[++at];
        } else if (!strcmp(words[at], "--md5-only")) {
            options.manners.checks_crc = false;
        } else {
            fail("see the top of main.c for what it understands");
        }
    }
    return options;
}

static int listen_on(const char *address)
{
    struct sockaddr_in place = {.sin_family = AF_INET};
    socklen_t size = sizeof place;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (inet_pton(AF_INET, address, &place.sin_addr) != 1 || listener < 0 ||
        bind(listener, (struct sockaddr *)&place, sizeof place) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&place, &size))
        fail("cannot listen");
    printf("%d\n", ntohs(place.sin_port));
    fflush(stdout);
    return listener;
}

static void welcome(int fd, const Options *options, const pthread_attr_t *attributes)
{
    pthread_t thread;
    Guest *guest = malloc(sizeof *guest);
    if (!guest)
        abort();
    *guest = (Guest){fd, options};
    if (pthread_create(&thread, attributes, serve, guest))
        fail("cannot start a thread");
}

int main(int count, char **words)
{
    Options options = options_of(count, words);
    pthread_attr_t attributes;
    signal(SIGPIPE, SIG_IGN);
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 512 * 1024);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    int listener = listen_on(options.address);
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0)
            welcome(fd, &options, &attributes);
    }
}
