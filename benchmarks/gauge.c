/* gauge SECONDS REPORT COMMAND...: run a command and write down what it took.
 *
 * REPORT gets one line: wall, user and system seconds, peak memory in KiB, exit code (128 and more
 * when it was ended by a signal). User and system seconds include those of its own children. A
 * program of its own because Linux counts the memory of whoever starts a process as that process's
 * own peak: this one is so small that it does not show.
 */
#define _GNU_SOURCE
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static pid_t child;

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static double seconds(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static void end_child(int signal_number)
{
    (void)signal_number;
    kill(-child, SIGKILL);
}

static void run(char **command)
{
    setpgid(0, 0);
    execvp(command[0], command);
    perror(command[0]);
    _exit(127);
}

static int code_of(int status)
{
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

static int report(const char *path, double wall, const struct rusage *usage, int code)
{
    FILE *file = fopen(path, "w");
    if (!file)
        return 1;
#ifdef __APPLE__
    long peak = usage->ru_maxrss / 1024;
#else
    long peak = usage->ru_maxrss;
#endif
    fprintf(file, "%.6f %.6f %.6f %ld %d\n", wall, seconds(usage->ru_utime),
            seconds(usage->ru_stime), peak, code);
    return fclose(file) != 0;
}

int main(int count, char **words)
{
    struct rusage usage;
    int status;
    if (count < 4)
        return 2;
    signal(SIGALRM, end_child);
    signal(SIGTERM, end_child);
    signal(SIGINT, end_child);
    double start = now();
    child = fork();
    if (child < 0)
        return 1;
    if (!child)
        run(words + 3);
    setpgid(child, child); /* here too, whoever comes first */
    alarm((unsigned)atoi(words[1]));
    while (wait4(child, &status, 0, &usage) < 0)
        ;
    return report(words[2], now() - start, &usage, code_of(status));
}
