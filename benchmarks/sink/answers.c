/* Requests and their answers: what S3 clients ask on the way of a file up or down. */
#include "sink.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static const char XML[] = "Content-Type: application/xml\r\n";
static const char NAMESPACE[] = "http://s3.amazonaws.com/doc/2006-03-01/";
static const char LAST_MODIFIED[] = "Wed, 01 May 2024 12:00:00 GMT";

typedef struct {
    Wire *wire;
    const Manners *manners;
    Request request;
    Body body;
    char full[KEY], bucket[256]; /* "bucket/key" and the bucket alone */
    const char *key;
} Exchange;

bool reply(Wire *wire, int status, const char *headers, const char *body, size_t length, bool bodiless)
{
    char head[4096];
    int written = snprintf(head, sizeof head,
                           "HTTP/1.1 %d %s\r\nServer: sink\r\nx-amz-request-id: 0\r\n%s"
                           "Content-Length: %zu\r\n\r\n",
                           status, status < 300 ? "OK" : "Refused", headers, length);
    size_t head_length = (size_t)written;
    if (bodiless || !length)
        return wire_write(wire, head, head_length);
    if (head_length + length <= sizeof head) {
        memcpy(head + head_length, body, length);
        return wire_write(wire, head, head_length + length);
    }
    return wire_write(wire, head, head_length) && wire_write(wire, body, length);
}

static bool refuse(Exchange *exchange, int status, const char *code)
{
    char text[512];
    int length = snprintf(text, sizeof text,
                          "<?xml version=\"1.0\"?><Error><Code>%s</Code>"
                          "<Message>the sink refuses this</Message></Error>",
                          code);
    return reply(exchange->wire, status, XML, text, (size_t)length,
                 !strcmp(exchange->request.method, "HEAD"));
}

static void crc_text(uint64_t crc, char *text)
{
    uint8_t raw[8];
    for (int at = 0; at < 8; at++)
        raw[at] = (uint8_t)(crc >> (56 - 8 * at));
    base64_of(raw, sizeof raw, text);
}

static bool is_set(const Exchange *exchange, const char *name)
{
    char ignored[KEY];
    return parameter(exchange->request.query, name, ignored, sizeof ignored);
}

/* Reading a request. */

static const char *value_of(const char *line, const char *name)
{
    size_t length = strlen(name);
    if (strncasecmp(line, name, length) || line[length] != ':')
        return NULL;
    return line + length + 1 + strspn(line + length + 1, " ");
}

static void take_text(const char *value, char *room, size_t size)
{
    snprintf(room, size, "%s", value);
}

static void take_header(Request *request, const char *line)
{
    const char *value;
    if ((value = value_of(line, "content-length")))
        request->content_length = strtoull(value, NULL, 10);
    else if ((value = value_of(line, "transfer-encoding")))
        request->chunked = strstr(value, "chunked") != NULL;
    else if ((value = value_of(line, "content-encoding")))
        request->framed = strstr(value, "aws-chunked") != NULL;
    else if ((value = value_of(line, "x-amz-decoded-content-length"))) {
        request->has_decoded = true;
        request->decoded_length = strtoull(value, NULL, 10);
    } else if ((value = value_of(line, "expect")))
        request->expects = true;
    else if ((value = value_of(line, "connection")))
        request->closes = !strcasecmp(value, "close");
    else if ((value = value_of(line, "x-amz-checksum-mode")))
        request->wants_checksum = true;
    else if ((value = value_of(line, "content-md5")))
        take_text(value, request->md5, sizeof request->md5);
    else if ((value = value_of(line, "x-amz-checksum-crc64nvme")))
        take_text(value, request->crc, sizeof request->crc);
    else if ((value = value_of(line, "range")))
        take_text(value, request->range, sizeof request->range);
    else if ((value = value_of(line, "if-match")))
        take_text(value, request->if_match, sizeof request->if_match);
}

static bool take_request(Wire *wire, Request *request)
{
    char line[LINE];
    memset(request, 0, sizeof *request);
    if (!wire_line(wire, line, sizeof line) ||
        sscanf(line, "%15s %8191s", request->method, request->path) != 2)
        return false;
    while (wire_line(wire, line, sizeof line) && *line)
        take_header(request, line);
    if (request->expects)
        return wire_write(wire, "HTTP/1.1 100 Continue\r\n\r\n", 25);
    return true;
}

static void take_address(Exchange *exchange)
{
    Request *request = &exchange->request;
    char *query = strchr(request->path, '?');
    if (query) {
        *query++ = 0;
        take_text(query, request->query, sizeof request->query);
    }
    take_text(request->path + 1, exchange->full, sizeof exchange->full);
    unescape(exchange->full);
    size_t length = strcspn(exchange->full, "/");
    snprintf(exchange->bucket, sizeof exchange->bucket, "%.*s", (int)length, exchange->full);
    exchange->key = exchange->full + length + (exchange->full[length] == '/');
}

/* Uploads. */

static bool confirm(Exchange *exchange, const char *etag)
{
    char headers[512], crc[16];
    int length = snprintf(headers, sizeof headers, "ETag: \"%s\"\r\n", etag);
    if (exchange->body.has_crc) {
        crc_text(exchange->body.crc, crc);
        snprintf(headers + length, sizeof headers - (size_t)length,
                 "x-amz-checksum-crc64nvme: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n", crc);
    }
    return reply(exchange->wire, 200, headers, "", 0, false);
}

static bool put(Exchange *exchange)
{
    char id[32], number[16], etag[ETAG];
    const Body *body = &exchange->body;
    if (!*exchange->key)
        return reply(exchange->wire, 200, "", "", 0, false);
    if (body->is_wrong)
        return refuse(exchange, 400, "BadDigest");
    etag_of(body, etag);
    if (parameter(exchange->request.query, "partNumber", number, sizeof number)) {
        parameter(exchange->request.query, "uploadId", id, sizeof id);
        upload_part((unsigned)strtoul(id, NULL, 10), atoi(number), body);
    } else {
        Object object = {.size = body->length, .crc = body->crc, .has_crc = body->has_crc};
        memcpy(object.etag, etag, sizeof etag);
        objects_put(exchange->full, object);
    }
    return confirm(exchange, etag);
}

static bool begin_upload(Exchange *exchange)
{
    char text[KEY + 512];
    const char *headers = exchange->manners->checks_crc
                              ? "Content-Type: application/xml\r\n"
                                "x-amz-checksum-algorithm: CRC64NVME\r\n"
                                "x-amz-checksum-type: FULL_OBJECT\r\n"
                              : XML;
    int length = snprintf(text, sizeof text,
                          "<?xml version=\"1.0\"?><InitiateMultipartUploadResult xmlns=\"%s\">"
                          "<Bucket>%s</Bucket><Key>%s</Key><UploadId>%u</UploadId>"
                          "</InitiateMultipartUploadResult>",
                          NAMESPACE, exchange->bucket, exchange->key, upload_open());
    return reply(exchange->wire, 200, headers, text, (size_t)length, false);
}

static bool end_upload(Exchange *exchange)
{
    char id[32], text[KEY + 1024], checksum[128] = "", crc[16];
    Object made;
    parameter(exchange->request.query, "uploadId", id, sizeof id);
    if (!upload_close((unsigned)strtoul(id, NULL, 10), &made))
        return refuse(exchange, 404, "NoSuchUpload");
    objects_put(exchange->full, made);
    if (made.has_crc) {
        crc_text(made.crc, crc);
        snprintf(checksum, sizeof checksum,
                 "<ChecksumCRC64NVME>%s</ChecksumCRC64NVME>"
                 "<ChecksumType>FULL_OBJECT</ChecksumType>",
                 crc);
    }
    int length = snprintf(text, sizeof text,
                          "<?xml version=\"1.0\"?><CompleteMultipartUploadResult xmlns=\"%s\">"
                          "<Location>sink</Location><Bucket>%s</Bucket><Key>%s</Key>"
                          "<ETag>&quot;%s&quot;</ETag>%s</CompleteMultipartUploadResult>",
                          NAMESPACE, exchange->bucket, exchange->key, made.etag, checksum);
    return reply(exchange->wire, 200, XML, text, (size_t)length, false);
}

static bool post(Exchange *exchange)
{
    static const char DELETED[] = "<?xml version=\"1.0\"?><DeleteResult></DeleteResult>";
    if (is_set(exchange, "uploads"))
        return begin_upload(exchange);
    if (is_set(exchange, "uploadId"))
        return end_upload(exchange);
    if (is_set(exchange, "delete"))
        return reply(exchange->wire, 200, XML, DELETED, sizeof DELETED - 1, false);
    return refuse(exchange, 501, "NotImplemented");
}

/* Downloads. */

typedef struct {
    uint64_t from, length;
    bool is_part;
} Span;

static bool take_span(const Exchange *exchange, const Object *object, Span *span)
{
    unsigned long long from = 0, last = object->size - 1;
    *span = (Span){0, object->size, false};
    if (!*exchange->request.range)
        return true;
    if (sscanf(exchange->request.range, "bytes=%llu-%llu", &from, &last) < 1 || from >= object->size)
        return false;
    last = last < object->size ? last : object->size - 1;
    *span = (Span){from, last - from + 1, true};
    return true;
}

static size_t object_head(const Exchange *exchange, const Object *object, const Span *span,
                          char *head, size_t size)
{
    char crc[16], checksum[128] = "", range[96] = "";
    if (exchange->request.wants_checksum && object->has_crc && exchange->manners->checks_crc) {
        crc_text(object->crc, crc);
        snprintf(checksum, sizeof checksum,
                 "x-amz-checksum-crc64nvme: %s\r\nx-amz-checksum-type: FULL_OBJECT\r\n", crc);
    }
    if (span->is_part)
        snprintf(range, sizeof range, "Content-Range: bytes %llu-%llu/%llu\r\n",
                 (unsigned long long)span->from, (unsigned long long)(span->from + span->length - 1),
                 (unsigned long long)object->size);
    return (size_t)snprintf(head, size,
                            "HTTP/1.1 %s\r\nServer: sink\r\nx-amz-request-id: 0\r\n"
                            "Accept-Ranges: bytes\r\nContent-Type: binary/octet-stream\r\n"
                            "Last-Modified: %s\r\nETag: \"%s\"\r\n%s%sContent-Length: %llu\r\n\r\n",
                            span->is_part ? "206 Partial Content" : "200 OK", LAST_MODIFIED,
                            object->etag, checksum, range, (unsigned long long)span->length);
}

static bool send_content(Exchange *exchange, const Object *object, const Span *span,
                         const char *head, size_t length)
{
    int file = open(object->file, O_RDONLY);
    if (file < 0)
        return refuse(exchange, 500, "InternalError");
    bool well = wire_file(exchange->wire, head, length, file, span->from, span->length);
    close(file);
    return well;
}

static bool get_object(Exchange *exchange)
{
    char head[2048], quoted[ETAG + 8];
    Object object;
    Span span;
    bool only_head = !strcmp(exchange->request.method, "HEAD");
    if (!objects_get(exchange->full, &object))
        return refuse(exchange, 404, only_head ? "NotFound" : "NoSuchKey");
    snprintf(quoted, sizeof quoted, "\"%s\"", object.etag);
    if (*exchange->request.if_match && strcmp(quoted, exchange->request.if_match))
        return refuse(exchange, 412, "PreconditionFailed");
    if (!take_span(exchange, &object, &span))
        return refuse(exchange, 416, "InvalidRange");
    size_t length = object_head(exchange, &object, &span, head, sizeof head);
    if (only_head)
        return wire_write(exchange->wire, head, length);
    if (!object.file)
        return refuse(exchange, 410, "Gone");
    return send_content(exchange, &object, &span, head, length);
}

static bool get_bucket(Exchange *exchange)
{
    char text[512];
    const char *format = NULL;
    if (!strcmp(exchange->request.method, "HEAD"))
        return reply(exchange->wire, 200, "x-amz-bucket-region: us-east-1\r\n", "", 0, true);
    if (!*exchange->bucket)
        format = "<?xml version=\"1.0\"?><ListAllMyBucketsResult xmlns=\"%s\"><Buckets>"
                 "<Bucket><Name>bench</Name><CreationDate>2024-05-01T12:00:00.000Z</CreationDate>"
                 "</Bucket></Buckets></ListAllMyBucketsResult>";
    else if (is_set(exchange, "location"))
        format = "<?xml version=\"1.0\"?><LocationConstraint xmlns=\"%s\">us-east-1"
                 "</LocationConstraint>";
    else if (is_set(exchange, "uploads"))
        format = "<?xml version=\"1.0\"?><ListMultipartUploadsResult xmlns=\"%s\">"
                 "<IsTruncated>false</IsTruncated></ListMultipartUploadsResult>";
    else if (is_set(exchange, "versioning"))
        format = "<?xml version=\"1.0\"?><VersioningConfiguration xmlns=\"%s\"/>";
    if (!format)
        return answer_listing(exchange->wire, exchange->bucket, exchange->request.query);
    int length = snprintf(text, sizeof text, format, NAMESPACE);
    return reply(exchange->wire, 200, XML, text, (size_t)length, false);
}

static bool answer(Exchange *exchange)
{
    const char *method = exchange->request.method;
    if (!strcmp(method, "PUT"))
        return put(exchange);
    if (!strcmp(method, "POST"))
        return post(exchange);
    if (!strcmp(method, "DELETE"))
        return reply(exchange->wire, 204, "", "", 0, true);
    return *exchange->key ? get_object(exchange) : get_bucket(exchange);
}

bool answer_one(Wire *wire, const Manners *manners)
{
    Exchange exchange = {.wire = wire, .manners = manners};
    if (!take_request(wire, &exchange.request))
        return false;
    take_address(&exchange);
    if (!body_take(wire, &exchange.request, manners, &exchange.body))
        return false;
    return answer(&exchange) && !exchange.request.closes;
}
