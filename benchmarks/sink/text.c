/* Base64, hexadecimal and what addresses are written in. */
#include "sink.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void base64_of(const uint8_t *data, size_t length, char *text)
{
    EVP_EncodeBlock((unsigned char *)text, data, (int)length);
}

bool base64_to(const char *text, uint8_t *data, size_t length)
{
    uint8_t room[128];
    size_t written = strlen(text);
    if (written != (length + 2) / 3 * 4 || written / 4 * 3 > sizeof room)
        return false;
    if (EVP_DecodeBlock(room, (const unsigned char *)text, (int)written) < (int)length)
        return false;
    memcpy(data, room, length);
    return true;
}

void hex_of(const uint8_t *data, size_t length, char *text)
{
    for (size_t at = 0; at < length; at++)
        snprintf(text + 2 * at, 3, "%02x", data[at]);
}

void unescape(char *text)
{
    char *to = text;
    for (; *text; text++) {
        if (*text == '%' && text[1] && text[2]) {
            char digits[3] = {text[1], text[2], 0};
            *to++ = (char)strtol(digits, NULL, 16);
            text += 2;
        } else {
            *to++ = *text;
        }
    }
    *to = 0;
}

bool parameter(const char *query, const char *name, char *value, size_t size)
{
    size_t length = strlen(name);
    for (const char *at = query; at && *at; at = strchr(at, '&'), at += at != NULL) {
        if (strncmp(at, name, length) || !strchr("=&", at[length]))
            continue;
        const char *from = at + length + (at[length] == '=');
        snprintf(value, size, "%.*s", (int)strcspn(from, "&"), from);
        unescape(value);
        return true;
    }
    return false;
}
