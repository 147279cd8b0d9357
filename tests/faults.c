/* Preloaded into a process: the n-th change below a folder fails, or kills the process there.

   Every call that changes a file or folder below the folder is one point, counted from 1. From
   point n on the disk is full, gone or read-only, or the process is killed at n, where a write
   puts down half of its bytes first. Built by `fault_runs.py`; SQLite's calls are caught too. */

#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <unistd.h>

enum mode { COUNT, FULL, GONE, READ_ONLY, KILL };
enum kind { GROWS, SHRINKS, SYNCS };

static char below[PATH_MAX];
static size_t below_length;
static long left_until, free_bytes = -1;
static enum mode mode;
static int trace = -1, struck;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* Arm this process; `free` >= 0 is what the disk says it has left. */
void faults_arm(const char *folder, long at, int how, int trace_to, long free)
{
    snprintf(below, sizeof below, "%s", folder);
    below_length = strlen(below);
    left_until = at;
    mode = how;
    trace = trace_to;
    free_bytes = free;
    struck = 0;
}

static int is_below(const char *path)
{
    return below_length && path && !strncmp(path, below, below_length)
        && (path[below_length] == '/' || !path[below_length]);
}

static int path_of(int fd, char *path)
{
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    path[length < 0 ? 0 : length] = 0;
    return is_below(path);
}

/* Count one point; 0 lets it happen, else it is the errno. `half` tells that the process dies. */
static int point(const char *call, const char *path, enum kind kind, int *half)
{
    pthread_mutex_lock(&lock);
    if (trace >= 0)
        dprintf(trace, "%s %s\n", call, path + below_length);
    if (!struck && left_until > 0 && --left_until == 0)
        struck = 1;
    int now = struck;
    pthread_mutex_unlock(&lock);
    if (!now || mode == COUNT)
        return 0;
    if (mode == KILL) {
        if (half)
            return *half = 1, 0;
        kill(getpid(), SIGKILL);
    }
    if (mode == FULL)
        return kind == GROWS ? ENOSPC : 0;
    return mode == GONE ? EIO : EROFS;
}

#define REAL(type, name, ...) ((type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name))
#define REFUSE(error) do { int why = (error); if (why) { errno = why; return -1; } } while (0)

static ssize_t wrote(ssize_t done) { kill(getpid(), SIGKILL); return done; }

ssize_t write(int fd, const void *bytes, size_t count)
{
    char path[PATH_MAX];
    int half = 0;
    if (below_length && path_of(fd, path))
        REFUSE(point("write", path, GROWS, &half));
    ssize_t done = syscall(SYS_write, fd, bytes, half ? count / 2 : count);
    return half ? wrote(done) : done;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
    char path[PATH_MAX];
    int half = 0;
    if (below_length && path_of(fd, path))
        REFUSE(point("pwrite", path, GROWS, &half));
    ssize_t done = syscall(SYS_pwrite64, fd, bytes, half ? count / 2 : count, at);
    return half ? wrote(done) : done;
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
    return pwrite64(fd, bytes, count, at);
}

ssize_t sendfile64(int to, int from, off64_t *at, size_t count)
{
    char path[PATH_MAX];
    if (below_length && path_of(to, path))
        REFUSE(point("sendfile", path, GROWS, 0));
    return syscall(SYS_sendfile, to, from, at, count);
}

ssize_t sendfile(int to, int from, off_t *at, size_t count) { return sendfile64(to, from, at, count); }

int ftruncate64(int fd, off64_t size)
{
    char path[PATH_MAX];
    if (below_length && path_of(fd, path))
        REFUSE(point("truncate", path, SHRINKS, 0));
    return syscall(SYS_ftruncate, fd, size);
}

int ftruncate(int fd, off_t size) { return ftruncate64(fd, size); }

int fsync(int fd)
{
    char path[PATH_MAX];
    if (below_length && path_of(fd, path))
        REFUSE(point("fsync", path, SYNCS, 0));
    return syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    char path[PATH_MAX];
    if (below_length && path_of(fd, path))
        REFUSE(point("fsync", path, SYNCS, 0));
    return syscall(SYS_fdatasync, fd);
}

static int open_checked(int folder, const char *path, int flags, mode_t rights)
{
    int writes = flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC);
    if (writes && is_below(path)) {
        struct stat64 found;
        int is_there = !REAL(int, "stat64", const char *, struct stat64 *)(path, &found);
        if (!is_there || flags & O_TRUNC)
            REFUSE(point("create", path, GROWS, 0));
        else if (struck && mode >= GONE)
            REFUSE(mode == GONE ? EIO : mode == READ_ONLY ? EROFS : 0);
    }
    return syscall(SYS_openat, folder, path, flags, rights);
}

#define OPEN(name, ...) \
    va_list more; \
    va_start(more, flags); \
    mode_t rights = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
    va_end(more); \
    return open_checked(__VA_ARGS__, path, flags, rights)

int open(const char *path, int flags, ...) { OPEN(open, AT_FDCWD); }
int open64(const char *path, int flags, ...) { OPEN(open64, AT_FDCWD); }
int openat(int folder, const char *path, int flags, ...) { OPEN(openat, folder); }
int openat64(int folder, const char *path, int flags, ...) { OPEN(openat64, folder); }

int rename(const char *from, const char *to)
{
    if (is_below(to))
        REFUSE(point("rename", to, SHRINKS, 0));
    return syscall(SYS_rename, from, to);
}

int linkat(int a, const char *from, int b, const char *to, int flags)
{
    if (is_below(to))
        REFUSE(point("link", to, GROWS, 0));
    return syscall(SYS_linkat, a, from, b, to, flags);
}

int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int mkdir(const char *path, mode_t rights)
{
    struct stat64 found;
    int is_new = is_below(path) && REAL(int, "stat64", const char *, struct stat64 *)(path, &found);
    if (is_new)
        REFUSE(point("mkdir", path, GROWS, 0));
    return syscall(SYS_mkdir, path, rights);
}

int unlink(const char *path)
{
    if (is_below(path))
        REFUSE(point("unlink", path, SHRINKS, 0));
    return syscall(SYS_unlink, path);
}

int chmod(const char *path, mode_t rights)
{
    if (is_below(path))
        REFUSE(point("chmod", path, SHRINKS, 0));
    return syscall(SYS_chmod, path, rights);
}

int statvfs64(const char *path, struct statvfs64 *told)
{
    int code = REAL(int, "statvfs64", const char *, struct statvfs64 *)(path, told);
    if (!code && free_bytes >= 0 && is_below(path))
        told->f_bavail = told->f_bfree = free_bytes / told->f_frsize;
    return code;
}

int statvfs(const char *path, struct statvfs *told)
{
    int code = REAL(int, "statvfs", const char *, struct statvfs *)(path, told);
    if (!code && free_bytes >= 0 && is_below(path))
        told->f_bavail = told->f_bfree = free_bytes / told->f_frsize;
    return code;
}
