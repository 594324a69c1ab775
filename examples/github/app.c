/* Stands for the firmware. */
int answer(void);
int answer(void) {
    return 42;
}
