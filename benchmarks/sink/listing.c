/* Lists of keys, page by page. */
#include "sink.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST_PAGE = 1000 };

typedef struct {
    char *text;
    size_t length, room;
} Page;

typedef struct {
    Page page;
    const char *prefix, *delimiter, *after;
    size_t bucket_length;
    int most, told;
    bool truncated;
    char last[KEY], folder[KEY];
} List;

static void append(Page *page, const char *format, ...)
{
    if (page->room - page->length < 4 * KEY) {
        page->room = 2 * page->room + 8 * KEY;
        page->text = realloc(page->text, page->room);
        if (!page->text)
            abort();
    }
    va_list rest;
    va_start(rest, format);
    page->length += (size_t)vsnprintf(page->text + page->length, page->room - page->length, format, rest);
    va_end(rest);
}

static bool fits(List *list, const char *shown)
{
    list->truncated = list->truncated || list->told == list->most;
    if (list->truncated)
        return false;
    list->told++;
    snprintf(list->last, sizeof list->last, "%s", shown);
    return true;
}

static void tell_folder(List *list, const char *key, const char *end)
{
    char folder[KEY];
    snprintf(folder, sizeof folder, "%.*s", (int)(end + 1 - key), key);
    if (!strcmp(folder, list->folder) || strcmp(folder, list->after) <= 0 || !fits(list, folder))
        return;
    strcpy(list->folder, folder);
    append(&list->page, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", folder);
}

static void tell_key(void *context, const char *full, const Object *object)
{
    List *list = context;
    const char *key = full + list->bucket_length;
    const char *end = *list->delimiter ? strchr(key + strlen(list->prefix), '/') : NULL;
    if (end) {
        tell_folder(list, key, end);
        return;
    }
    if (strcmp(key, list->after) <= 0 || !fits(list, key))
        return;
    append(&list->page,
           "<Contents><Key>%s</Key><LastModified>2024-05-01T12:00:00.000Z</LastModified>"
           "<ETag>&quot;%s&quot;</ETag><Size>%llu</Size>"
           "<StorageClass>STANDARD</StorageClass></Contents>",
           key, object->etag, (unsigned long long)object->size);
}

static void begin(List *list, const char *bucket)
{
    append(&list->page,
           "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
           "<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
           "<Name>%s</Name><Prefix>%s</Prefix><MaxKeys>%d</MaxKeys>",
           bucket, list->prefix, list->most);
    if (*list->delimiter)
        append(&list->page, "<Delimiter>%s</Delimiter>", list->delimiter);
}

static void end(List *list)
{
    append(&list->page, "<KeyCount>%d</KeyCount><IsTruncated>%s</IsTruncated>", list->told,
           list->truncated ? "true" : "false");
    if (list->truncated)
        append(&list->page,
               "<NextContinuationToken>%s</NextContinuationToken><NextMarker>%s</NextMarker>",
               list->last, list->last);
    append(&list->page, "</ListBucketResult>");
}

bool answer_listing(Wire *wire, const char *bucket, const char *query)
{
    char prefix[KEY] = "", delimiter[8] = "", after[KEY] = "", most[16] = "", full[2 * KEY];
    parameter(query, "prefix", prefix, sizeof prefix);
    parameter(query, "delimiter", delimiter, sizeof delimiter);
    if (!parameter(query, "continuation-token", after, sizeof after) &&
        !parameter(query, "start-after", after, sizeof after))
        parameter(query, "marker", after, sizeof after);
    parameter(query, "max-keys", most, sizeof most);
    List list = {.prefix = prefix, .delimiter = delimiter, .after = after, .most = LONGEST_PAGE};
    if (*most && atoi(most) < LONGEST_PAGE)
        list.most = atoi(most);
    list.bucket_length = strlen(bucket) + 1;
    snprintf(full, sizeof full, "%s/%s", bucket, prefix);
    begin(&list, bucket);
    objects_each(full, tell_key, &list);
    end(&list);
    bool well = reply(wire, 200, "Content-Type: application/xml\r\n", list.page.text,
                      list.page.length, false);
    free(list.page.text);
    return well;
}
