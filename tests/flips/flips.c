/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Each bit of a bundle flipped, each shorter length, each member dropped, doubled and exchanged
 * with its neighbour, and what stands behind the end, all judged in this process by the program's
 * own judge. What has exactly the signatures that it needs is never accepted; where there are more,
 * an accepted bundle holds what the original does, to the byte, and the flip is in a signature. A
 * sample; --full, or SWT_FLIPS with that: all.
 */
#include "sample.h"

#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define KIB ((size_t)1024)
#define TWO_TARGETS_KEYS (BIT(TARGETS1) | BIT(TARGETS2))
#define THREE_TARGETS_KEYS (TWO_TARGETS_KEYS | BIT(TARGETS3))
static const struct sample_plan PLANS[] = {
    /* The floor, above its version, is cleared. */
    {.name = "rotates the root",
     .size = 64 * KIB,
     .root = ROTATION,
     .anchor_keys = TWO_TARGETS_KEYS,
     .rotated_keys = BIT(TARGETS2) | BIT(TARGETS3),
     .root_signers = BIT(ROOT1) | BIT(ROOT3),
     .targets_signers = BIT(TARGETS2) | BIT(TARGETS3),
     .floor = TARGETS_VERSION + 2},
    {.name = "holds no root",
     .size = 10 * KIB,
     .anchor_keys = BIT(TARGETS1) | BIT(ED25519),
     .targets_signers = BIT(TARGETS1) | BIT(ED25519),
     .floor = TARGETS_VERSION},
    {.name = "holds the anchor",
     .size = 10 * KIB,
     .root = ANCHOR_AS_ROOT,
     .anchor_keys = THREE_TARGETS_KEYS,
     .root_signers = BIT(ROOT1),
     .targets_signers = TWO_TARGETS_KEYS,
     .floor = TARGETS_VERSION},
    {.name = "holds no root, surplus",
     .size = 64 * KIB,
     .anchor_keys = THREE_TARGETS_KEYS,
     .targets_signers = THREE_TARGETS_KEYS | BIT(ED25519),
     .surplus = true,
     .floor = TARGETS_VERSION},
    /* Its signers are a quorum of the anchor, too: without its root, root-stripped must refuse. */
    {.name = "rotates the root, surplus",
     .size = 10 * KIB,
     .root = ROTATION,
     .anchor_keys = TWO_TARGETS_KEYS,
     .rotated_keys = THREE_TARGETS_KEYS,
     .root_signers = ANCHOR_ROOT_KEYS | ROTATED_ROOT_KEYS,
     .targets_signers = THREE_TARGETS_KEYS,
     .surplus = true,
     .floor = TARGETS_VERSION},
};
#define PLAN_COUNT SWT_COUNT(PLANS)

/* ---- counts, which all processes share --------------------------------------------------- */

#define STEPS 24
#define NO_BUNDLE (STEPS - 1) /* in place of a step: it is not taken for a bundle at all */
enum kind { FLIPS, LENGTHS, KINDS };
struct tally {
    atomic_ulong tried, accepted, faults;
    atomic_ulong refused[STEPS];
};
struct tallies {
    struct tally of[PLAN_COUNT][2][KINDS];
    struct tally members[2];
};

static size_t step_index(const char *slug) {
    size_t i = 0;
    while (strcmp(swt_judge_steps[i].slug, slug) != 0)
        i++;
    return i;
}

#define MOST_TOLD 10
static void tell_fault(struct tally *tally, const struct sample *sample, const char *what,
                       size_t index, const char *fault) {
    if (atomic_fetch_add(&tally->faults, 1) >= MOST_TOLD)
        return;
    printf("# %s, %s: %s %zu: %s\n", swt_format_name(sample->format), sample->plan->name, what,
           index, fault);
    (void)fflush(stdout);
}

/* ---- one judgement ----------------------------------------------------------------------- */

enum answer { REFUSED, ACCEPTED, FAILED };

/* As verify judges; what is accepted once more, as extract does, and compared. */
static enum answer ask(const struct sample *sample, struct swt_slice bytes, struct tally *tally,
                       const char **ret_fault) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf content = {0};
    static struct swt_error err;
    const char *failed_step = NULL;
    atomic_fetch_add(&tally->tried, 1);
    int rc = judge_bytes(bytes, &sample->state, &SAMPLE_OPTIONS, NULL, &failed_step, &err);
    if (rc == 0 && failed_step != NULL) {
        atomic_fetch_add(&tally->refused[step_index(failed_step)], 1);
        return REFUSED;
    }
    if (rc < 0 && err.code == SWT_E_FILE_KIND) {
        atomic_fetch_add(&tally->refused[NO_BUNDLE], 1);
        return REFUSED;
    }
    *ret_fault = err.message;
    if (rc < 0)
        return FAILED;
    atomic_fetch_add(&tally->accepted, 1);
    if (judge_bytes(bytes, &sample->state, &SAMPLE_OPTIONS, &content, &failed_step, &err) < 0)
        return FAILED;
    *ret_fault = "extract refuses what verify accepts";
    if (failed_step != NULL)
        return FAILED;
    *ret_fault = "accepted with other content";
    return swt_slice_equal(swt_buf_slice(&content), swt_buf_slice(&sample->content)) ? ACCEPTED
                                                                                     : FAILED;
}

/* ---- flips and lengths ------------------------------------------------------------------- */

/* In the key id or the value of a signature of which there are more than are needed. */
static bool is_surplus(const struct sample *sample, size_t offset) {
    static const uint8_t BETWEEN[] = {0x12, TEST_SIGNATURE_SIZE}; /* field 2, so many bytes */
    const size_t len = SWT_KEY_ID_SIZE + sizeof BETWEEN + TEST_SIGNATURE_SIZE;
    const uint8_t *data = sample->bytes.data;
    for (size_t i = 0; sample->plan->surplus && i < KEYS; i++) {
        const uint8_t *id = sample->keys[i].id;
        size_t start = offset > len ? offset - len : 0;
        for (size_t at = start; at <= offset && at + len <= sample->bytes.len; at++)
            if (memcmp(data + at, id, SWT_KEY_ID_SIZE) == 0 &&
                memcmp(data + at + SWT_KEY_ID_SIZE, BETWEEN, sizeof BETWEEN) == 0)
                return offset < at + len;
    }
    return false;
}

static void judge_flip(const struct sample *sample, uint8_t *copy, size_t index,
                       struct tally *tally) {
    const char *fault = NULL;
    copy[index / 8] ^= (uint8_t)(1U << index % 8);
    enum answer answer = ask(sample, swt_slice_of(copy, sample->bytes.len), tally, &fault);
    copy[index / 8] ^= (uint8_t)(1U << index % 8);
    if (answer == ACCEPTED && !is_surplus(sample, index / 8)) {
        answer = FAILED;
        fault = "accepted";
    }
    if (answer == FAILED)
        tell_fault(tally, sample, "bit", index, fault);
}

/* Of memory of exactly that size: a read past its end is one that a sanitizer sees. */
static void judge_length(const struct sample *sample, size_t len, struct tally *tally) {
    const char *fault = NULL;
    uint8_t *copy = malloc(len > 0 ? len : 1);
    must(copy != NULL, "out of memory");
    memcpy(copy, sample->bytes.data, len);
    enum answer answer = ask(sample, swt_slice_of(copy, len), tally, &fault);
    free(copy);
    if (answer != REFUSED)
        tell_fault(tally, sample, "length", len, answer == FAILED ? fault : "accepted");
}

/* Every stride-th, of which this is one of so many workers' share. */
struct share {
    size_t worker, workers;
    size_t flip_stride, length_stride;
};

static void sweep(const struct sample *sample, const struct share *share, struct tally *tallies) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf copy = {0};
    struct swt_error err;
    /* Where a sample starts differs, so that the samples of all plans together hit each place. */
    size_t shift = (size_t)(sample->plan - PLANS) * 2 + (sample->format == SWT_FORMAT_TAR ? 0 : 1);
    size_t first = shift * 8 % share->flip_stride;
    made(swt_buf_append_slice(&copy, swt_buf_slice(&sample->bytes), &err), &err);
    for (size_t i = first + share->worker * share->flip_stride; i < sample->bytes.len * 8;
         i += share->workers * share->flip_stride)
        judge_flip(sample, copy.data, i, &tallies[FLIPS]);
    first = shift % share->length_stride;
    for (size_t i = first + share->worker * share->length_stride; i < sample->bytes.len;
         i += share->workers * share->length_stride)
        judge_length(sample, i, &tallies[LENGTHS]);
}

/* ---- members ----------------------------------------------------------------------------- */

static void judge_members(const struct sample *sample, struct swt_forge_member *members,
                          size_t count, bool may_be_accepted, const char *what, size_t index,
                          struct tally *tally) {
    SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
    const char *fault = "accepted";
    put_bundle(sample, members, count, &bytes);
    enum answer answer = ask(sample, swt_buf_slice(&bytes), tally, &fault);
    if (answer != FAILED && (answer == ACCEPTED) == may_be_accepted)
        return;
    tell_fault(tally, sample, what, index,
               answer == FAILED  ? fault
               : may_be_accepted ? "refused"
                                 : "accepted");
}

/* With something behind its end: a zero byte, a zero block, itself once more. */
static void sweep_tails(const struct sample *sample, struct tally *tally) {
    static const uint8_t ZEROS[SWT_TAR_BLOCK] = {0};
    const struct swt_slice tails[] = {swt_slice_of(ZEROS, 1), swt_slice_of(ZEROS, sizeof ZEROS),
                                      swt_buf_slice(&sample->bytes)};
    for (size_t i = 0; i < SWT_COUNT(tails); i++) {
        SWT_CLEANUP(swt_buf_done) struct swt_buf bytes = {0};
        struct swt_error err;
        const char *fault = "accepted";
        made(swt_buf_append_slice(&bytes, swt_buf_slice(&sample->bytes), &err), &err);
        made(swt_buf_append_slice(&bytes, tails[i], &err), &err);
        if (ask(sample, swt_buf_slice(&bytes), tally, &fault) != REFUSED)
            tell_fault(tally, sample, "with tail", i, fault);
    }
}

/* Member index left out, doubled in its place and at the end. Without a root that is the anchor the
 * anchor itself says the same. */
static void sweep_member(const struct sample *sample, size_t index, struct tally *tally) {
    const size_t count = sample->member_count;
    const struct swt_forge_member *old = sample->members;
    struct swt_forge_member members[MOST_MEMBERS + 1];
    bool is_anchor = sample->plan->root == ANCHOR_AS_ROOT && old[index].kind == SWT_FORGE_ROOT;
    memcpy(members, old, index * sizeof *old);
    memcpy(members + index, old + index + 1, (count - index - 1) * sizeof *old);
    judge_members(sample, members, count - 1, is_anchor, "without member", index, tally);
    memcpy(members, old, (index + 1) * sizeof *old);
    memcpy(members + index + 1, old + index, (count - index) * sizeof *old);
    judge_members(sample, members, count + 1, false, "twice member", index, tally);
    memcpy(members, old, count * sizeof *old);
    members[count] = old[index];
    judge_members(sample, members, count + 1, false, "again at the end member", index, tally);
}

/* The fields of an UpdateBundle may stand in any order. */
static void sweep_members(const struct sample *sample, struct tally *tally) {
    const size_t count = sample->member_count;
    for (size_t i = 0; i < count; i++)
        sweep_member(sample, i, tally);
    for (size_t i = 0; i + 1 < count; i++) {
        struct swt_forge_member members[MOST_MEMBERS];
        memcpy(members, sample->members, count * sizeof *members);
        members[i] = sample->members[i + 1];
        members[i + 1] = sample->members[i];
        judge_members(sample, members, count, sample->format == SWT_FORMAT_PIGWEED,
                      "exchanged with the next one member", i, tally);
    }
}

/* ---- all of them ------------------------------------------------------------------------- */

static void run_share(const struct test_key keys[KEYS], const struct share *share,
                      struct tallies *tallies) {
    for (size_t i = 0; i < PLAN_COUNT; i++)
        for (int format = SWT_FORMAT_TAR; format <= SWT_FORMAT_PIGWEED; format++) {
            struct sample sample;
            sample_make(&sample, &PLANS[i], (enum swt_format)format, keys);
            sweep(&sample, share, tallies->of[i][format]);
            if (share->worker == 0) {
                sweep_members(&sample, &tallies->members[format]);
                sweep_tails(&sample, &tallies->members[format]);
            }
            sample_done(&sample);
        }
}

/* A process each. Whether all came to their end. */
static bool run_all(const struct test_key keys[KEYS], bool full, struct tallies *tallies) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    struct share share = {.workers = full && processors > 1 ? (size_t)processors : 1,
                          .flip_stride = full ? 1 : 397,
                          .length_stride = full ? 1 : 97};
    bool good = true;
    for (share.worker = 0; share.worker < share.workers; share.worker++) {
        pid_t child = fork();
        must(child >= 0, "cannot fork");
        if (child == 0) {
            run_share(keys, &share, tallies);
            _exit(0);
        }
    }
    for (size_t i = 0; i < share.workers; i++) {
        int status = 0;
        must(wait(&status) > 0, "a worker is lost");
        good &= WIFEXITED(status) && WEXITSTATUS(status) == 0;
    }
    return good;
}

/* ---- what came of it --------------------------------------------------------------------- */

/* "1,234,567" */
#define NUMBER_TEXT 32
static const char *number(unsigned long value, char ret_text[NUMBER_TEXT]) {
    char digits[NUMBER_TEXT];
    size_t len = (size_t)snprintf(digits, sizeof digits, "%lu", value);
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0)
            ret_text[at++] = ',';
        ret_text[at++] = digits[i];
    }
    ret_text[at] = '\0';
    return ret_text;
}

/* Whether it is not good. */
static bool tell(bool good, const char *format, const char *plan, const struct tally *tally,
                 const char *what) {
    char tried[NUMBER_TEXT], accepted[NUMBER_TEXT];
    printf("%sok - %s, %s: %s %s, %s accepted\n", good ? "" : "not ", format, plan,
           number(tally->tried, tried), what, number(tally->accepted, accepted));
    return !good;
}

/* Each bit of a key id and of a value, when all were tried. */
static unsigned long surplus_bits(const struct sample_plan *plan) {
    unsigned signers = (unsigned)__builtin_popcount(plan->root_signers) +
                       (unsigned)__builtin_popcount(plan->targets_signers);
    return plan->surplus ? 8UL * signers * (SWT_KEY_ID_SIZE + TEST_SIGNATURE_SIZE) : 0;
}

static unsigned tell_plan(const struct sample_plan *plan, enum swt_format format, bool full,
                          const struct tally tallies[KINDS]) {
    const struct tally *flips = &tallies[FLIPS];
    const struct tally *lengths = &tallies[LENGTHS];
    const char *name = swt_format_name(format);
    unsigned long most = surplus_bits(plan);
    bool enough = full ? flips->accepted == most : (flips->accepted > 0) == (most > 0);
    return tell(flips->tried > 0 && flips->faults == 0 && enough, name, plan->name, flips,
                "bits flipped") +
           tell(lengths->tried > 0 && lengths->faults == 0, name, plan->name, lengths,
                "shorter lengths");
}

static void print_table(const struct tallies *tallies, enum kind kind, const char *title) {
    printf("# %-20s %12s %12s\n", title, "tar", "pigweed");
    for (size_t step = 0; step < STEPS; step++) {
        unsigned long counts[2] = {0, 0};
        char texts[2][NUMBER_TEXT];
        for (size_t i = 0; i < PLAN_COUNT; i++)
            for (size_t format = 0; format < 2; format++)
                counts[format] += tallies->of[i][format][kind].refused[step];
        if (counts[0] + counts[1] > 0)
            printf("#   %-18s %12s %12s\n",
                   step == NO_BUNDLE ? "(no bundle)" : swt_judge_steps[step].slug,
                   number(counts[0], texts[0]), number(counts[1], texts[1]));
    }
}

/* The line that ends it: all plans together. */
static void print_figures(const struct tallies *tallies, enum swt_format format) {
    char texts[6][NUMBER_TEXT];
    unsigned long flips = 0, lengths = 0, accepted = 0, surplus = 0;
    const struct tally *members = &tallies->members[format];
    for (size_t i = 0; i < PLAN_COUNT; i++) {
        const struct tally *of = tallies->of[i][format];
        flips += of[FLIPS].tried;
        lengths += of[LENGTHS].tried;
        *(PLANS[i].surplus ? &surplus : &accepted) += of[FLIPS].accepted;
        accepted += of[LENGTHS].accepted;
    }
    printf("flips: %s: %s bits, %s lengths: %s accepted, and %s bits of surplus signatures with "
           "the same content; %s arrangements of members: %s accepted with the same content\n",
           swt_format_name(format), number(flips, texts[0]), number(lengths, texts[1]),
           number(accepted, texts[2]), number(surplus, texts[3]), number(members->tried, texts[4]),
           number(members->accepted, texts[5]));
}

/* How many of the cases failed. */
static unsigned report(const struct tallies *tallies, bool full) {
    unsigned failed = 0;
    for (int format = SWT_FORMAT_TAR; format <= SWT_FORMAT_PIGWEED; format++) {
        const struct tally *members = &tallies->members[format];
        for (size_t i = 0; i < PLAN_COUNT; i++)
            failed += tell_plan(&PLANS[i], (enum swt_format)format, full, tallies->of[i][format]);
        failed += tell(members->tried > 0 && members->faults == 0,
                       swt_format_name((enum swt_format)format), "all of these", members,
                       "arrangements of members");
    }
    print_table(tallies, FLIPS, "bits, refused by");
    print_table(tallies, LENGTHS, "lengths, refused by");
    print_figures(tallies, SWT_FORMAT_TAR);
    print_figures(tallies, SWT_FORMAT_PIGWEED);
    return failed;
}

int main(int argc, char **argv) {
    const char *wanted = argc > 1 ? argv[1] : getenv("SWT_FLIPS");
    bool full = wanted != NULL && strcmp(wanted, "--full") == 0;
    struct test_key keys[KEYS];
    struct tallies *tallies =
        mmap(NULL, sizeof *tallies, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    must(tallies != MAP_FAILED, "out of memory");
    for (size_t i = 0; i < KEYS; i++)
        test_key_load(&keys[i], KEY_NAMES[i]);
    bool ended = run_all(keys, full, tallies);
    for (size_t i = 0; i < KEYS; i++)
        test_key_done(&keys[i]);
    printf("%sok - every mutant was judged\n", ended ? "" : "not ");
    return report(tallies, full) == 0 && ended ? 0 : 1;
}
