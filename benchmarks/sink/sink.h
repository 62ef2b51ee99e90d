/* A small S3 server for benchmarks: it takes every upload and forgets the bytes, and serves files.
 *
 * It answers as a service does that checks what it is sent, as far as that costs it next to nothing:
 * checksums are echoed, ETags are made of the MD5s that came along, and the bodies of up to
 * SMALL_BODY bytes with which a client finds out whether a service checks at all are really checked.
 * Larger bodies are thrown away unseen, so that the client is the limit. It knows no keys, keeps no
 * content and trusts its callers: never let anything but loopback reach it.
 */
#ifndef SINK_H
#define SINK_H

#include <openssl/ssl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SMALL_BODY = 1024, LINE = 8192, KEY = 2048, ETAG = 64, MOST_PARTS = 10000 };

typedef struct {
    bool checks_crc; /* else it ignores checksum headers, as many services do, and knows only MD5 */
} Manners;

/* wire.c: one connection, plain or TLS, with a small buffer for what is read ahead. */
typedef struct {
    int fd;
    SSL *tls;
    char *buffer;
    size_t start, end;
} Wire;

bool wire_open(Wire *wire, int fd, SSL_CTX *context);
void wire_close(Wire *wire);
bool wire_line(Wire *wire, char *line, size_t size);         /* without its end; false: no more */
bool wire_read(Wire *wire, void *into, size_t length);
bool wire_skip(Wire *wire, uint64_t length);
bool wire_write(Wire *wire, const void *data, size_t length);
bool wire_file(Wire *wire, const char *head, size_t head_length, int file, uint64_t from, uint64_t length);

/* crc64.c: CRC-64/NVME. */
uint64_t crc64(const void *data, size_t length);
uint64_t crc64_joined(uint64_t first, uint64_t second, uint64_t second_length);

/* text.c */
void base64_of(const uint8_t *data, size_t length, char *text);
bool base64_to(const char *text, uint8_t *data, size_t length); /* false unless exactly that long */
void hex_of(const uint8_t *data, size_t length, char *text);
void unescape(char *text);
bool parameter(const char *query, const char *name, char *value, size_t size);

/* body.c: what a request brought. */
typedef struct {
    uint64_t length;
    bool has_md5, has_crc, is_wrong;
    uint8_t md5[16];
    uint64_t crc;
} Body;

typedef struct {
    char method[16], path[LINE], query[LINE], range[64], if_match[ETAG + 8];
    uint64_t content_length, decoded_length;
    bool chunked, framed, expects, closes, wants_checksum, has_decoded;
    char md5[64], crc[64]; /* as the headers say, base64 */
} Request;

bool body_take(Wire *wire, const Request *request, const Manners *manners, Body *body);

/* objects.c: what is held, by "bucket/key". Any thread. */
typedef struct {
    uint64_t size, crc;
    bool has_crc;
    char etag[ETAG];
    const char *file; /* NULL: what was uploaded is gone */
} Object;

typedef void (*EachKey)(void *context, const char *key, const Object *object);

void objects_put(const char *key, Object object);
bool objects_get(const char *key, Object *object);
void objects_each(const char *prefix, EachKey tell, void *context); /* by the order of the keys */
bool objects_load(const char *manifest, const char *folder);
void etag_of(const Body *body, char *etag);
unsigned upload_open(void);
void upload_part(unsigned id, int number, const Body *body);
bool upload_close(unsigned id, Object *made);

/* answers.c: one request and its answer; false when the connection is to be closed. */
bool answer_one(Wire *wire, const Manners *manners);

/* listing.c */
bool answer_listing(Wire *wire, const char *bucket, const char *query);

/* Shared by both. */
bool reply(Wire *wire, int status, const char *headers, const char *body, size_t length, bool bodiless);

#endif
