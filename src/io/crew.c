/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pieces of work pass through a ring: prepared by the caller's thread, run by the first lane that
 * is free, finished by the caller's thread again. Both ends of the ring are in order; only what is
 * between them is not.
 */
#include "internal.h"

#include <signal.h>
#include <stdlib.h>
#include <time.h>

#define RING SWT_CREW_PIECES
#define MAX_LANES (RING / 2)
/* Less than this is done before threads are there, or one has woken the other for a piece. */
#define LITTLE ((uint64_t)1024 * 1024)
#define LITTLE_PIECE ((uint64_t)128 * 1024)
#define MOMENT 100000000L /* nanoseconds */

struct piece {
    bool done;
    int result;
    struct swt_error err;
};

struct crew {
    const struct swt_crew_work *work;
    struct swt_idle idle;
    atomic_bool stopped; /* what runs can end: its result is not asked for */
    atomic_ullong advanced, skipped;
    struct swt_progress progress; /* of the lanes; told by the caller's thread */
    pthread_t lanes[MAX_LANES];
    size_t lane_count;

    pthread_mutex_t lock; /* of all below */
    pthread_cond_t prepared_more;
    pthread_cond_t done_more;
    size_t prepared;
    size_t taken;
    size_t running; /* pieces that a lane has */
    bool ended;     /* no more is prepared */
    struct piece ring[RING];
};

/* ---- progress ---------------------------------------------------------------------------- */

static void advance(void *context, uint64_t bytes) {
    struct crew *crew = context;
    (void)atomic_fetch_add(&crew->advanced, bytes);
}

static void skip(void *context, uint64_t bytes) {
    struct crew *crew = context;
    (void)atomic_fetch_add(&crew->skipped, bytes);
}

static void report(struct crew *crew) {
    uint64_t advanced = atomic_exchange(&crew->advanced, 0);
    uint64_t skipped = atomic_exchange(&crew->skipped, 0);
    if (advanced > 0)
        swt_progress_advance(crew->work->progress, advanced);
    if (skipped > 0)
        swt_progress_skip(crew->work->progress, skipped);
}

/* ---- the lanes --------------------------------------------------------------------------- */

static int run_piece(struct crew *crew, size_t index, struct swt_lane *lane,
                     struct swt_error *err) {
    /* A tee that no memory was left for is a fault of each piece. */
    if (lane->tee == NULL) {
        int r = swt_tee_new_beside(&crew->idle, &crew->stopped, &lane->tee, err);
        if (r < 0)
            return r;
    }
    return crew->work->run(crew->work->context, index, lane, err);
}

static void *run_lane(void *context) {
    struct crew *crew = context;
    struct swt_lane lane = {.progress = &crew->progress};
    (void)pthread_mutex_lock(&crew->lock);
    for (;;) {
        /* While it waits, a tee may have its processor. */
        swt_idle_give(&crew->idle);
        while (crew->taken == crew->prepared && !crew->ended)
            (void)pthread_cond_wait(&crew->prepared_more, &crew->lock);
        if (crew->taken == crew->prepared || atomic_load(&crew->stopped))
            break;
        (void)atomic_fetch_sub(&crew->idle.count, 1);
        size_t index = crew->taken++;
        crew->running++;
        struct piece *piece = &crew->ring[index % RING];
        (void)pthread_mutex_unlock(&crew->lock);
        piece->result = run_piece(crew, index, &lane, &piece->err);
        (void)pthread_mutex_lock(&crew->lock);
        piece->done = true;
        crew->running--;
        (void)pthread_cond_signal(&crew->done_more);
    }
    (void)pthread_mutex_unlock(&crew->lock);
    swt_tee_free(lane.tee);
    return NULL;
}

static void start_lanes(struct crew *crew) {
    size_t wanted = swt_processors() < MAX_LANES ? swt_processors() : MAX_LANES;
    if (wanted > crew->work->count)
        wanted = crew->work->count;
    atomic_store(&crew->idle.count, (int)swt_processors() - (int)wanted);
    while (crew->lane_count < wanted &&
           swt_thread_start(&crew->lanes[crew->lane_count], run_lane, crew))
        crew->lane_count++;
}

/* ---- waiting for them -------------------------------------------------------------------- */

/* A lane that waits for a file that does not answer sees the signal only when its call ends. */
static void pass_on_interrupt(struct crew *crew) {
    struct swt_error ignored;
    if (swt_interrupted(&ignored) == 0)
        return;
    for (size_t i = 0; i < crew->lane_count; i++)
        (void)pthread_kill(crew->lanes[i], SIGALRM);
}

/* Until a piece is done, or a moment has passed. The lock is held, but not while others are told.
 */
static void wait_for_more(struct crew *crew) {
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_nsec += MOMENT;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    (void)pthread_cond_timedwait(&crew->done_more, &crew->lock, &until);
    (void)pthread_mutex_unlock(&crew->lock);
    report(crew);
    pass_on_interrupt(crew);
    (void)pthread_mutex_lock(&crew->lock);
}

static void wait_for(struct crew *crew, const struct piece *piece) {
    (void)pthread_mutex_lock(&crew->lock);
    while (!piece->done)
        wait_for_more(crew);
    (void)pthread_mutex_unlock(&crew->lock);
}

static void end_lanes(struct crew *crew) {
    (void)pthread_mutex_lock(&crew->lock);
    crew->ended = true;
    (void)pthread_cond_broadcast(&crew->prepared_more);
    while (crew->running > 0)
        wait_for_more(crew);
    (void)pthread_mutex_unlock(&crew->lock);
    for (size_t i = 0; i < crew->lane_count; i++)
        (void)pthread_join(crew->lanes[i], NULL);
    report(crew);
}

/* ---- the caller's thread ----------------------------------------------------------------- */

static int prepare(const struct swt_crew_work *work, size_t index, struct swt_error *err) {
    return work->prepare != NULL ? work->prepare(work->context, index, err) : 0;
}

static int finish(const struct swt_crew_work *work, size_t index, int result,
                  struct swt_error *err) {
    return work->finish != NULL ? work->finish(work->context, index, result, err) : result;
}

static void give(struct crew *crew) {
    struct piece *piece = &crew->ring[crew->prepared % RING];
    (void)pthread_mutex_lock(&crew->lock);
    piece->done = false;
    crew->prepared++;
    (void)pthread_cond_signal(&crew->prepared_more);
    (void)pthread_mutex_unlock(&crew->lock);
}

/* Keeps the ring full, and finishes what is at its end. */
static int run_all(struct crew *crew, struct swt_error *err) {
    const struct swt_crew_work *work = crew->work;
    struct swt_error fault = {0};
    int prepare_result = 0;
    for (size_t finished = 0;; finished++) {
        while (prepare_result == 0 && crew->prepared < work->count &&
               crew->prepared - finished < 2 * crew->lane_count) {
            prepare_result = prepare(work, crew->prepared, &fault);
            if (prepare_result == 0)
                give(crew);
        }
        if (finished == crew->prepared)
            break;
        struct piece *piece = &crew->ring[finished % RING];
        wait_for(crew, piece);
        int r = finish(work, finished, piece->result, &piece->err);
        if (r < 0)
            *err = piece->err;
        if (r != 0)
            return r;
    }
    if (prepare_result < 0)
        *err = fault;
    return prepare_result;
}

static int run_in_order(const struct swt_crew_work *work, struct swt_error *err) {
    SWT_CLEANUP(swt_tee_cleanup) struct swt_tee *tee = NULL;
    int r = swt_tee_new(&tee, err);
    struct swt_lane lane = {.tee = tee, .progress = work->progress};
    for (size_t i = 0; i < work->count && r == 0; i++) {
        r = prepare(work, i, err);
        if (r == 0)
            r = finish(work, i, work->run(work->context, i, &lane, err), err);
    }
    return r;
}

static void init_locks(struct crew *crew) {
    pthread_condattr_t attributes;
    /* None of these fails. */
    (void)pthread_mutex_init(&crew->lock, NULL);
    (void)pthread_cond_init(&crew->prepared_more, NULL);
    (void)pthread_condattr_init(&attributes);
    (void)pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&crew->done_more, &attributes);
    (void)pthread_condattr_destroy(&attributes);
}

bool swt_crew_in_order(const struct swt_crew_work *work) {
    return work->in_order || work->count < 2 || work->size < LITTLE ||
           work->size / work->count < LITTLE_PIECE || swt_processors() < 2;
}

int swt_crew_run(const struct swt_crew_work *work, struct swt_error *err) {
    if (swt_crew_in_order(work))
        return run_in_order(work, err);
    struct crew *crew = calloc(1, sizeof *crew);
    if (crew == NULL)
        return swt_fail_memory(err);
    crew->work = work;
    crew->progress = (struct swt_progress){.advance = advance, .skip = skip, .context = crew};
    init_locks(crew);
    start_lanes(crew);
    int r = crew->lane_count > 0 ? run_all(crew, err) : run_in_order(work, err);
    atomic_store(&crew->stopped, r != 0);
    end_lanes(crew);
    (void)pthread_cond_destroy(&crew->done_more);
    (void)pthread_cond_destroy(&crew->prepared_more);
    (void)pthread_mutex_destroy(&crew->lock);
    free(crew);
    return r;
}
