/* What the fuzz drivers share: numbers drawn from a seed, copies that sanitizers guard, wrong bytes. */
#ifndef BLINK_DRAWS_H
#define BLINK_DRAWS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t state;

static uint32_t draw(uint32_t below) {
  state = state * 6364136223846793005u + 1442695040888963407u;
  return below ? (uint32_t)(state >> 33) % below : 0;
}

static double number(void) {
  return (double)draw(2001) / 1000 - 1;
}

/* Exactly as large as what is in it, so that a step beyond is seen. */
static void *copy(const void *from, size_t bytes) {
  void *made = malloc(bytes ? bytes : 1);
  if (!made)
    abort();
  if (bytes)
    memcpy(made, from, bytes);
  return made;
}

/* So many wrong bytes, of which many are the least and the greatest. */
static void spoil(void *array, size_t bytes, uint32_t changes) {
  for (; changes; changes--)
    ((uint8_t *)array)[draw((uint32_t)bytes)] = (uint8_t)(draw(4) ? draw(256) : draw(2) ? 255 : 0);
}

#endif
