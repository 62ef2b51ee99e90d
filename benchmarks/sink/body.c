/* The body of a request: plain, in HTTP chunks, or in the frames that S3 calls aws-chunked.
 *
 * Frames of both kinds are written alike: a line with the length in hexadecimal (S3 may add a
 * signature to it), the bytes, an empty line; after the frame of no bytes follow trailers. Some
 * clients put the one into the other; then only the outer frames are taken apart.
 */
#include "sink.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char CRC_TRAILER[] = "x-amz-checksum-crc64nvme:";

typedef struct {
    uint8_t bytes[SMALL_BODY];
    uint64_t length;
} Sample; /* the beginning of a body; all of it when it is small */

static bool take_plain(Wire *wire, uint64_t length, Sample *sample)
{
    if (sample->length + length > SMALL_BODY) {
        sample->length += length;
        return wire_skip(wire, length);
    }
    size_t at = (size_t)sample->length;
    sample->length += length;
    return wire_read(wire, sample->bytes + at, (size_t)length);
}

static bool take_trailers(Wire *wire, char *crc, size_t size)
{
    char line[LINE];
    while (wire_line(wire, line, sizeof line)) {
        if (!*line)
            return true;
        if (strncasecmp(line, CRC_TRAILER, sizeof CRC_TRAILER - 1))
            continue;
        const char *value = line + sizeof CRC_TRAILER - 1;
        value += strspn(value, " ");
        strncpy(crc, value, size - 1);
        crc[size - 1] = 0;
    }
    return false;
}

static bool take_frames(Wire *wire, Sample *sample, char *crc, size_t size)
{
    char line[LINE];
    while (wire_line(wire, line, sizeof line)) {
        uint64_t length = strtoull(line, NULL, 16);
        if (!length)
            return take_trailers(wire, crc, size);
        if (!take_plain(wire, length, sample) || !wire_line(wire, line, sizeof line))
            return false;
    }
    return false;
}

static uint64_t number_of(const uint8_t bytes[8])
{
    uint64_t number = 0;
    for (int at = 0; at < 8; at++)
        number = number << 8 | bytes[at];
    return number;
}

static void check_small(Body *body, const Sample *sample)
{
    uint8_t md5[EVP_MAX_MD_SIZE];
    size_t length = (size_t)sample->length;
    EVP_Digest(sample->bytes, length, md5, NULL, EVP_md5(), NULL);
    body->is_wrong |= body->has_md5 && memcmp(md5, body->md5, sizeof body->md5);
    body->is_wrong |= body->has_crc && crc64(sample->bytes, length) != body->crc;
    memcpy(body->md5, md5, sizeof body->md5);
    body->has_md5 = true;
}

bool body_take(Wire *wire, const Request *request, const Manners *manners, Body *body)
{
    Sample sample = {.length = 0};
    uint8_t raw[8];
    char crc[sizeof request->crc];
    bool nested = request->chunked && request->framed;
    memcpy(crc, request->crc, sizeof crc);
    memset(body, 0, sizeof *body);
    bool framed = request->chunked || request->framed;
    if (framed ? !take_frames(wire, &sample, crc, sizeof crc)
               : !take_plain(wire, request->content_length, &sample))
        return false;
    body->length = request->has_decoded ? request->decoded_length : sample.length;
    body->has_md5 = base64_to(request->md5, body->md5, sizeof body->md5);
    body->has_crc = manners->checks_crc && base64_to(crc, raw, sizeof raw);
    if (body->has_crc)
        body->crc = number_of(raw);
    if (sample.length <= SMALL_BODY && !nested)
        check_small(body, &sample);
    return true;
}
