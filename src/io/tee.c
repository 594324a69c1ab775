/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A ring of chunks between the thread that moves bytes and the one that hashes them. The first
 * counts what it gave, the second what it hashed; a chunk is filled again when it was hashed.
 */
#include "internal.h"

#include <stdlib.h>
#include <string.h>

#define CHUNKS 4
/* From here on a thread saves more time than it takes to start. */
#define LARGE ((uint64_t)2 * 1024 * 1024)

struct swt_tee {
    struct swt_sha256 *hash;
    uint8_t *chunks[CHUNKS]; /* all, or without a thread only the first */
    size_t lengths[CHUNKS];
    uint64_t length; /* of this payload so far */
    struct swt_idle *idle;
    struct swt_idle own_idle;
    const atomic_bool *stopped; /* or NULL */

    bool has_thread;
    pthread_t thread;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t moved;
    uint64_t given;
    uint64_t hashed;
    bool ended; /* no more is given */
    int result; /* of hashing */
    struct swt_error fault;
};

int swt_tee_new_beside(struct swt_idle *idle, const atomic_bool *stopped, struct swt_tee **ret_tee,
                       struct swt_error *err) {
    struct swt_tee *tee = calloc(1, sizeof *tee);
    if (tee == NULL)
        return swt_fail_memory(err);
    tee->idle = idle;
    tee->stopped = stopped;
    /* Neither fails, with default attributes. */
    (void)pthread_mutex_init(&tee->lock, NULL);
    (void)pthread_cond_init(&tee->moved, NULL);
    int r = swt_sha256_new(&tee->hash, err);
    if (r < 0)
        swt_tee_free(tee);
    else
        *ret_tee = tee;
    return r;
}

int swt_tee_new(struct swt_tee **ret_tee, struct swt_error *err) {
    struct swt_tee *tee = NULL;
    int r = swt_tee_new_beside(NULL, NULL, &tee, err);
    if (r < 0)
        return r;
    atomic_store(&tee->own_idle.count, (int)swt_processors() - 1);
    tee->idle = &tee->own_idle;
    *ret_tee = tee;
    return 0;
}

/* ---- the thread -------------------------------------------------------------------------- */

static void *hash_chunks(void *context) {
    struct swt_tee *tee = context;
    (void)pthread_mutex_lock(&tee->lock);
    for (;;) {
        while (tee->given == tee->hashed && !tee->ended)
            (void)pthread_cond_wait(&tee->moved, &tee->lock);
        if (tee->given == tee->hashed)
            break;
        size_t index = tee->hashed % CHUNKS;
        int result = tee->result;
        (void)pthread_mutex_unlock(&tee->lock);
        if (result == 0)
            result =
                swt_sha256_update(tee->hash, tee->chunks[index], tee->lengths[index], &tee->fault);
        (void)pthread_mutex_lock(&tee->lock);
        tee->result = result;
        tee->hashed++;
        (void)pthread_cond_signal(&tee->moved);
    }
    (void)pthread_mutex_unlock(&tee->lock);
    return NULL;
}

static void start_thread(struct swt_tee *tee) {
    if (tee->length <= LARGE || tee->idle == NULL || !swt_idle_take(tee->idle))
        return;
    tee->ended = false;
    tee->has_thread = swt_thread_start(&tee->thread, hash_chunks, tee);
    if (!tee->has_thread) {
        swt_idle_give(tee->idle);
        tee->idle = NULL; /* no use in asking again for each chunk */
    }
}

static void end_thread(struct swt_tee *tee) {
    if (!tee->has_thread)
        return;
    (void)pthread_mutex_lock(&tee->lock);
    tee->ended = true;
    (void)pthread_cond_signal(&tee->moved);
    (void)pthread_mutex_unlock(&tee->lock);
    (void)pthread_join(tee->thread, NULL);
    tee->has_thread = false;
    swt_idle_give(tee->idle);
}

void swt_tee_free(struct swt_tee *tee) {
    if (tee == NULL)
        return;
    end_thread(tee);
    swt_sha256_free(tee->hash);
    for (size_t i = 0; i < CHUNKS; i++)
        free(tee->chunks[i]);
    (void)pthread_cond_destroy(&tee->moved);
    (void)pthread_mutex_destroy(&tee->lock);
    free(tee);
}

void swt_tee_cleanup(struct swt_tee **tee) {
    swt_tee_free(*tee);
}

/* ---- the caller -------------------------------------------------------------------------- */

int swt_tee_room(struct swt_tee *tee, uint8_t **ret_chunk, struct swt_error *err) {
    if (tee->stopped != NULL && atomic_load(tee->stopped))
        return swt_fail(err, SWT_E_IO, "another payload has a fault");
    if (tee->has_thread) {
        (void)pthread_mutex_lock(&tee->lock);
        while (tee->given - tee->hashed == CHUNKS)
            (void)pthread_cond_wait(&tee->moved, &tee->lock);
        (void)pthread_mutex_unlock(&tee->lock);
    }
    uint8_t **chunk = &tee->chunks[tee->given % CHUNKS];
    if (*chunk == NULL)
        *chunk = malloc(SWT_TEE_CHUNK);
    if (*chunk == NULL)
        return swt_fail_memory(err);
    *ret_chunk = *chunk;
    return 0;
}

int swt_tee_hash(struct swt_tee *tee, size_t len, struct swt_error *err) {
    size_t index = tee->given % CHUNKS;
    tee->length += len;
    if (!tee->has_thread)
        start_thread(tee);
    if (!tee->has_thread)
        return swt_sha256_update(tee->hash, tee->chunks[index], len, err);
    tee->lengths[index] = len;
    (void)pthread_mutex_lock(&tee->lock);
    tee->given++;
    (void)pthread_cond_signal(&tee->moved);
    (void)pthread_mutex_unlock(&tee->lock);
    return 0;
}

int swt_tee_finish(struct swt_tee *tee, uint8_t ret_digest[SWT_SHA256_SIZE],
                   struct swt_error *err) {
    uint8_t digest[SWT_SHA256_SIZE];
    end_thread(tee);
    int r = swt_sha256_finish(tee->hash, digest, err); /* whatever came: the hash starts anew */
    if (tee->result < 0) {
        r = tee->result;
        *err = tee->fault;
    }
    tee->length = 0;
    tee->given = 0;
    tee->hashed = 0;
    tee->result = 0;
    if (r == 0)
        memcpy(ret_digest, digest, sizeof digest);
    return r;
}

void swt_tee_drop(struct swt_tee *tee) {
    uint8_t ignored_digest[SWT_SHA256_SIZE];
    struct swt_error ignored;
    int r = swt_tee_finish(tee, ignored_digest, &ignored);
    (void)r;
}
