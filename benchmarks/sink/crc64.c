/* CRC-64/NVME, bit-reflected: a table for bytes, and the joining of two values. */
#include "sink.h"

#include <pthread.h>

static const uint64_t POLYNOMIAL = 0x9a6c9329ac4bc9b5u;

static uint64_t table[256];
static pthread_once_t made = PTHREAD_ONCE_INIT;

static void make_table(void)
{
    for (int byte = 0; byte < 256; byte++) {
        uint64_t value = (uint64_t)byte;
        for (int bit = 0; bit < 8; bit++)
            value = (value >> 1) ^ (value & 1 ? POLYNOMIAL : 0);
        table[byte] = value;
    }
}

uint64_t crc64(const void *data, size_t length)
{
    const uint8_t *bytes = data;
    uint64_t value = ~0ull;
    pthread_once(&made, make_table);
    while (length--)
        value = table[(uint8_t)(value ^ *bytes++)] ^ (value >> 8);
    return ~value;
}

/* The product of two polynomials modulo ours; the highest bit is the coefficient of x^0. */
static uint64_t product(uint64_t left, uint64_t right)
{
    uint64_t sum = 0;
    for (uint64_t bit = 1ull << 63; bit; bit >>= 1) {
        if (left & bit)
            sum ^= right;
        right = (right >> 1) ^ (right & 1 ? POLYNOMIAL : 0);
    }
    return sum;
}

/* Appending n bytes multiplies what came before by x^(8 n). */
uint64_t crc64_joined(uint64_t first, uint64_t second, uint64_t second_length)
{
    uint64_t power = 1ull << (63 - 8), shift = 1ull << 63;
    for (uint64_t left = second_length; left; left >>= 1) {
        if (left & 1)
            shift = product(shift, power);
        power = product(power, power);
    }
    return product(shift, first) ^ second;
}
