// This library is preloaded into the agent. It counts calls, and makes one call fail as on a failing disk.
//   FAULT_UNDER   a part of the paths whose calls count
//   FAULT_EXCEPT  a part of the paths whose calls don't count
//   FAULT_CALL    the call that fails: one of "names" below
//   FAULT_AT      the number of the failing call, from 1, or -1 for each call
//   FAULT_ERRNO   the error with which the call fails
//   FAULT_BLOCKS  the blocks of 4 KiB that each file system reports, all of them free
//   FAULT_DELAY   the milliseconds by which each FAULT_CALL is delayed
// A name relative to a directory's descriptor counts as the path that it means.
// The process prints each call that it made fail to stderr, and "faults: open=12 read=7 …" at its end.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

enum call { OPEN, READ, WRITE, SYNC, RENAME, UNLINK, MKDIR, STAT, TRUNCATE, ACCESS, READLINK, LIST, STATVFS, LOCK, CALLS };
static const char *const names[CALLS] = {
  "open", "read", "write", "sync", "rename", "unlink", "mkdir", "stat", "truncate", "access", "readlink", "list", "statvfs", "lock",
};
static atomic_long counts[CALLS];

static const char *under, *except;
static int chosen = -1, code;
static long at, delay;

__attribute__((constructor)) static void start(void) {
  const char *call = getenv("FAULT_CALL"), *number = getenv("FAULT_AT"), *error = getenv("FAULT_ERRNO"), *wait = getenv("FAULT_DELAY");
  under = getenv("FAULT_UNDER");
  except = getenv("FAULT_EXCEPT");
  at = number ? atol(number) : 0;
  code = error ? atoi(error) : EIO;
  delay = wait ? atol(wait) : 0;
  for (int i = 0; call && i < CALLS; i++)
    if (!strcmp(call, names[i])) chosen = i;
}

__attribute__((destructor)) static void report(void) {
  char text[512];
  int length = snprintf(text, sizeof text, "faults:");
  for (int i = 0; i < CALLS; i++) length += snprintf(text + length, sizeof text - length, " %s=%ld", names[i], atomic_load(&counts[i]));
  text[length++] = '\n';
  syscall(SYS_write, 2, text, length);
}

static int strikes(enum call call, const char *path) {
  if (!under || !path || !strstr(path, under) || (except && strstr(path, except))) return 0;
  long number = atomic_fetch_add(&counts[call], 1) + 1;
  int hit = (number == at || at == -1) && (int)call == chosen;
  if (delay && (int)call == chosen) usleep(delay * 1000);
  if (hit) {
    char text[4200];
    syscall(SYS_write, 2, text, snprintf(text, sizeof text, "fault: %s of %s\n", names[call], path));
    errno = code;
  }
  return hit;
}

// An empty name means the directory itself, as with AT_EMPTY_PATH.
static int strikes_at(enum call call, int folder, const char *name) {
  char link[32], path[8192];
  if (!name || *name == '/') return strikes(call, name);
  snprintf(link, sizeof link, folder == AT_FDCWD ? "/proc/self/cwd" : "/proc/self/fd/%d", folder);
  ssize_t length = syscall(SYS_readlinkat, AT_FDCWD, link, path, 4096);
  if (length < 0) return 0;
  snprintf(path + length, sizeof path - length, *name ? "/%s" : "%s", name);
  return strikes(call, path);
}

static int strikes_file(enum call call, int file) { return strikes_at(call, file, ""); }

// .NET calls dlsym with the C library's own handle, which would give the C library's calls. So this dlsym replaces it.
static void *real_dlsym(void *library, const char *name) {
  static void *(*real)(void *, const char *);
  const char *versions[] = {"GLIBC_2.34", "GLIBC_2.17", "GLIBC_2.2.5"};
  for (int i = 0; !real && i < 3; i++) *(void **)&real = dlvsym(RTLD_NEXT, "dlsym", versions[i]);
  return real(library, name);
}

#define WRAP(result, name, parameters, arguments, condition, failure) \
  result name parameters {                                            \
    static result(*real) parameters;                                  \
    if (!real) *(void **)&real = real_dlsym(RTLD_NEXT, #name);        \
    return (condition) ? (failure) : real arguments;                  \
  }
#define ON_PATH(name, call, parameters, arguments, path) WRAP(int, name, parameters, arguments, strikes(call, path), -1)
#define ON_NAME(result, name, call, parameters, arguments) WRAP(result, name, parameters, arguments, strikes_at(call, folder, path), -1)
#define ON_FILE(result, name, call, parameters, arguments) WRAP(result, name, parameters, arguments, strikes_file(call, file), -1)

#define OPENS(name)                                                       \
  int name(const char *path, int flags, ...) {                            \
    static int (*real)(const char *, int, ...);                           \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;   \
    va_end(rest);                                                         \
    if (!real) *(void **)&real = real_dlsym(RTLD_NEXT, #name);            \
    return strikes(OPEN, path) ? -1 : real(path, flags, mode);            \
  }
#define OPENS_AT(name)                                                    \
  int name(int folder, const char *path, int flags, ...) {                \
    static int (*real)(int, const char *, int, ...);                      \
    va_list rest;                                                         \
    va_start(rest, flags);                                                \
    int mode = flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, int) : 0;   \
    va_end(rest);                                                         \
    if (!real) *(void **)&real = real_dlsym(RTLD_NEXT, #name);            \
    return strikes_at(OPEN, folder, path) ? -1 : real(folder, path, flags, mode); \
  }
OPENS(open)
OPENS(open64)
OPENS_AT(openat)
OPENS_AT(openat64)
WRAP(DIR *, opendir, (const char *path), (path), strikes(OPEN, path), NULL)
ON_FILE(ssize_t, read, READ, (int file, void *buffer, size_t count), (file, buffer, count))
ON_FILE(ssize_t, pread, READ, (int file, void *buffer, size_t count, off_t offset), (file, buffer, count, offset))
ON_FILE(ssize_t, pread64, READ, (int file, void *buffer, size_t count, off64_t offset), (file, buffer, count, offset))
ON_FILE(ssize_t, preadv64, READ, (int file, const struct iovec *parts, int count, off64_t offset), (file, parts, count, offset))
ON_FILE(ssize_t, write, WRITE, (int file, const void *buffer, size_t count), (file, buffer, count))
ON_FILE(ssize_t, pwrite, WRITE, (int file, const void *buffer, size_t count, off_t offset), (file, buffer, count, offset))
ON_FILE(ssize_t, pwrite64, WRITE, (int file, const void *buffer, size_t count, off64_t offset), (file, buffer, count, offset))
ON_FILE(ssize_t, writev, WRITE, (int file, const struct iovec *parts, int count), (file, parts, count))
ON_FILE(ssize_t, pwritev, WRITE, (int file, const struct iovec *parts, int count, off_t offset), (file, parts, count, offset))
ON_FILE(ssize_t, pwritev64, WRITE, (int file, const struct iovec *parts, int count, off64_t offset), (file, parts, count, offset))
ON_FILE(int, fsync, SYNC, (int file), (file))
ON_FILE(int, fdatasync, SYNC, (int file), (file))
ON_FILE(int, ftruncate, TRUNCATE, (int file, off_t length), (file, length))
ON_FILE(int, ftruncate64, TRUNCATE, (int file, off64_t length), (file, length))
ON_FILE(int, fstat, STAT, (int file, struct stat *status), (file, status))
ON_FILE(int, fstat64, STAT, (int file, struct stat64 *status), (file, status))
ON_PATH(stat, STAT, (const char *path, struct stat *status), (path, status), path)
ON_PATH(stat64, STAT, (const char *path, struct stat64 *status), (path, status), path)
ON_PATH(lstat, STAT, (const char *path, struct stat *status), (path, status), path)
ON_PATH(lstat64, STAT, (const char *path, struct stat64 *status), (path, status), path)
// Programs that were linked with a C library before 2.33, as .NET's are, call these functions.
ON_FILE(int, __fxstat64, STAT, (int version, int file, struct stat64 *status), (version, file, status))
ON_PATH(__xstat64, STAT, (int version, const char *path, struct stat64 *status), (version, path, status), path)
ON_PATH(__lxstat64, STAT, (int version, const char *path, struct stat64 *status), (version, path, status), path)
ON_NAME(int, statx, STAT, (int folder, const char *path, int flags, unsigned mask, struct statx *status), (folder, path, flags, mask, status))
ON_NAME(int, fstatat, STAT, (int folder, const char *path, struct stat *status, int flags), (folder, path, status, flags))
ON_NAME(int, fstatat64, STAT, (int folder, const char *path, struct stat64 *status, int flags), (folder, path, status, flags))
ON_NAME(int, faccessat, ACCESS, (int folder, const char *path, int mode, int flags), (folder, path, mode, flags))
ON_NAME(ssize_t, readlinkat, READLINK, (int folder, const char *path, char *buffer, size_t size), (folder, path, buffer, size))
// Giving a lock back is no look at it.
WRAP(int, flock, (int file, int operation), (file, operation), !(operation & LOCK_UN) && strikes_file(LOCK, file), -1)

#define REPORTS(name, parameters, arguments, strikes)                    \
  int name parameters {                                                  \
    static int(*real) parameters;                                        \
    const char *blocks = getenv("FAULT_BLOCKS");                         \
    if (!real) *(void **)&real = real_dlsym(RTLD_NEXT, #name);           \
    int result = strikes ? -1 : real arguments;                          \
    if (result || !blocks) return result;                                \
    status->f_bsize = status->f_frsize = 4096;                           \
    status->f_blocks = status->f_bfree = status->f_bavail = strtoull(blocks, NULL, 10); \
    return 0;                                                            \
  }
REPORTS(fstatvfs, (int file, struct statvfs *status), (file, status), strikes_file(STATVFS, file))
REPORTS(fstatvfs64, (int file, struct statvfs64 *status), (file, status), strikes_file(STATVFS, file))
REPORTS(statvfs, (const char *path, struct statvfs *status), (path, status), strikes(STATVFS, path))
REPORTS(statvfs64, (const char *path, struct statvfs64 *status), (path, status), strikes(STATVFS, path))
REPORTS(statfs, (const char *path, struct statfs *status), (path, status), strikes(STATVFS, path))
REPORTS(statfs64, (const char *path, struct statfs64 *status), (path, status), strikes(STATVFS, path))
ON_PATH(rename, RENAME, (const char *path, const char *to), (path, to), path)
ON_PATH(link, RENAME, (const char *path, const char *to), (path, to), path)
ON_NAME(int, renameat, RENAME, (int folder, const char *path, int to_folder, const char *to), (folder, path, to_folder, to))
ON_NAME(int, renameat2, RENAME, (int folder, const char *path, int to_folder, const char *to, unsigned flags), (folder, path, to_folder, to, flags))
ON_NAME(int, linkat, RENAME, (int folder, const char *path, int to_folder, const char *to, int flags), (folder, path, to_folder, to, flags))
ON_NAME(int, unlinkat, UNLINK, (int folder, const char *path, int flags), (folder, path, flags))
ON_NAME(int, mkdirat, MKDIR, (int folder, const char *path, mode_t mode), (folder, path, mode))
ON_PATH(unlink, UNLINK, (const char *path), (path), path)
ON_PATH(rmdir, UNLINK, (const char *path), (path), path)
ON_PATH(mkdir, MKDIR, (const char *path, mode_t mode), (path, mode), path)

// The C library has no function for getdents64 before 2.30.
static long system_call(long number, long first, long second, long third) {
  return number == SYS_getdents64 && strikes_file(LIST, first) ? -1 : syscall(number, first, second, third);
}

#define OURS(name) {#name, name}
void *dlsym(void *library, const char *name) {
  static const struct {
    const char *name;
    void *ours;
  } wrapped[] = {
    OURS(open), OURS(openat), OURS(openat64), OURS(read), OURS(write), OURS(fsync), OURS(statx), OURS(fstatat), OURS(fstatat64),
    OURS(faccessat), OURS(readlinkat), OURS(fstatvfs), OURS(fstatvfs64), OURS(flock), OURS(renameat), OURS(renameat2), OURS(linkat),
    OURS(unlinkat), OURS(mkdirat), {"syscall", system_call},
  };
  // The wrappers ask with RTLD_NEXT, and real_dlsym answers them.
  for (size_t i = 0; under && i < sizeof wrapped / sizeof *wrapped; i++)
    if (!strcmp(name, wrapped[i].name)) return wrapped[i].ours;
  return real_dlsym(library, name);
}
