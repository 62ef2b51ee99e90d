/* What the server holds: names, sizes, checksums; and uploads in parts that are still open. */
#include "sink.h"

#include <openssl/evp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOTS = 1 << 16 };

typedef struct Entry {
    struct Entry *next;
    Object object;
    char key[];
} Entry;

typedef struct {
    Body *parts;
    int count;
} Upload;

static Entry *slots[SLOTS];
static size_t entries;
static Upload *uploads;
static unsigned upload_count;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void *must(void *memory)
{
    if (!memory)
        abort();
    return memory;
}

static Entry **slot_of(const char *key)
{
    uint64_t hash = 14695981039346656037u;
    for (const char *at = key; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 1099511628211u;
    return &slots[hash % SLOTS];
}

static Entry *found(const char *key)
{
    Entry *entry = *slot_of(key);
    while (entry && strcmp(entry->key, key))
        entry = entry->next;
    return entry;
}

static Entry *added(const char *key)
{
    Entry **slot = slot_of(key);
    size_t length = strlen(key) + 1;
    Entry *entry = must(malloc(sizeof *entry + length));
    memcpy(entry->key, key, length);
    entry->next = *slot;
    *slot = entry;
    entries++;
    return entry;
}

void objects_put(const char *key, Object object)
{
    pthread_mutex_lock(&lock);
    Entry *entry = found(key);
    if (!entry)
        entry = added(key);
    entry->object = object;
    pthread_mutex_unlock(&lock);
}

bool objects_get(const char *key, Object *object)
{
    pthread_mutex_lock(&lock);
    Entry *entry = found(key);
    if (entry)
        *object = entry->object;
    pthread_mutex_unlock(&lock);
    return entry != NULL;
}

static int by_key(const void *one, const void *other)
{
    return strcmp((*(Entry *const *)one)->key, (*(Entry *const *)other)->key);
}

static size_t gather(const char *prefix, Entry **into)
{
    size_t count = 0, length = strlen(prefix);
    for (size_t slot = 0; slot < SLOTS; slot++)
        for (Entry *entry = slots[slot]; entry; entry = entry->next)
            if (!strncmp(entry->key, prefix, length))
                into[count++] = entry;
    return count;
}

/* Entries are never freed, and what is told of one was copied under the lock. */
void objects_each(const char *prefix, EachKey tell, void *context)
{
    pthread_mutex_lock(&lock);
    Entry **kept = must(malloc((entries + 1) * sizeof *kept));
    size_t count = gather(prefix, kept);
    qsort(kept, count, sizeof *kept, by_key);
    for (size_t at = 0; at < count; at++)
        tell(context, kept[at]->key, &kept[at]->object);
    pthread_mutex_unlock(&lock);
    free(kept);
}

static bool load_line(char *line, const char *folder)
{
    char path[2 * LINE], etag[ETAG], crc[32], key[KEY];
    unsigned long long size;
    if (sscanf(line, "%2047s %llu %63s %31s", key, &size, etag, crc) != 4)
        return false;
    Object object = {.size = size, .crc = strtoull(crc, NULL, 16), .has_crc = true};
    snprintf(object.etag, sizeof object.etag, "%s", etag);
    snprintf(path, sizeof path, "%s/%s", folder, strchr(key, '/') + 1);
    object.file = must(strdup(path));
    objects_put(key, object);
    return true;
}

/* Each line: bucket/key, size, ETag, CRC-64/NVME in hexadecimal; parted by blanks. */
bool objects_load(const char *manifest, const char *folder)
{
    char line[2 * LINE];
    FILE *file = fopen(manifest, "r");
    bool well = file != NULL;
    while (well && fgets(line, sizeof line, file))
        well = load_line(line, folder);
    if (file)
        fclose(file);
    return well;
}

/* Without an MD5 the ETag must not look like one, or clients would compare. */
void etag_of(const Body *body, char *etag)
{
    if (body->has_md5)
        hex_of(body->md5, sizeof body->md5, etag);
    else
        snprintf(etag, ETAG, "sink-%016llx", (unsigned long long)(body->crc ^ body->length));
}

unsigned upload_open(void)
{
    pthread_mutex_lock(&lock);
    uploads = must(realloc(uploads, (upload_count + 1) * sizeof *uploads));
    uploads[upload_count] = (Upload){NULL, 0};
    unsigned id = ++upload_count;
    pthread_mutex_unlock(&lock);
    return id;
}

static Upload *upload_at(unsigned id)
{
    return id >= 1 && id <= upload_count ? &uploads[id - 1] : NULL;
}

void upload_part(unsigned id, int number, const Body *body)
{
    pthread_mutex_lock(&lock);
    Upload *upload = upload_at(id);
    if (upload && number >= 1 && number <= MOST_PARTS) {
        if (number > upload->count) {
            upload->parts = must(realloc(upload->parts, (size_t)number * sizeof *upload->parts));
            memset(upload->parts + upload->count, 0,
                   (size_t)(number - upload->count) * sizeof *upload->parts);
            upload->count = number;
        }
        upload->parts[number - 1] = *body;
    }
    pthread_mutex_unlock(&lock);
}

static void composite_etag(const Upload *upload, char *etag)
{
    uint8_t md5[EVP_MAX_MD_SIZE];
    char hex[40];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context, EVP_md5(), NULL);
    bool all = true;
    for (int at = 0; at < upload->count; at++) {
        all = all && upload->parts[at].has_md5;
        EVP_DigestUpdate(context, upload->parts[at].md5, sizeof upload->parts[at].md5);
    }
    EVP_DigestFinal_ex(context, md5, NULL);
    EVP_MD_CTX_free(context);
    hex_of(md5, 16, hex);
    snprintf(etag, ETAG, all ? "%s-%d" : "sink-%s-%d", hex, upload->count);
}

static void join(const Upload *upload, Object *made)
{
    *made = (Object){.has_crc = true};
    for (int at = 0; at < upload->count; at++) {
        const Body *part = &upload->parts[at];
        made->has_crc = made->has_crc && part->has_crc;
        made->crc = at ? crc64_joined(made->crc, part->crc, part->length) : part->crc;
        made->size += part->length;
    }
    composite_etag(upload, made->etag);
}

bool upload_close(unsigned id, Object *made)
{
    pthread_mutex_lock(&lock);
    Upload *upload = upload_at(id);
    bool well = upload && upload->count;
    if (well) {
        join(upload, made);
        free(upload->parts);
        *upload = (Upload){NULL, 0};
    }
    pthread_mutex_unlock(&lock);
    return well;
}
