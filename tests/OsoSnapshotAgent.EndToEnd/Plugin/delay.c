// This program links two network devices. Each packet that enters one device leaves the other after a fixed delay.
// "tc netem delay" does the same, but many kernels lack it. The program ends when standard input ends.
//   delay NEAR FAR MICROSECONDS
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET_BYTES = 2048, SLOTS = 1 << 16, BURST = 64 };

struct direction {
  int from, to;
  unsigned first, count;
  int64_t due[SLOTS];
  int length[SLOTS];
  char packets[SLOTS][PACKET_BYTES];
};

// These are too large for the stack. Their pages are allocated when they are used.
static struct direction out, back;

static int64_t now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1000000000LL + time.tv_nsec;
}

static int open_device(const char *name) {
  struct ifreq request = {.ifr_flags = IFF_TUN | IFF_NO_PI};
  strncpy(request.ifr_name, name, IFNAMSIZ - 1);
  int device = open("/dev/net/tun", O_RDWR | O_NONBLOCK);
  if (device < 0 || ioctl(device, TUNSETIFF, &request) < 0) {
    perror(name);
    exit(1);
  }
  return device;
}

static void take_in(struct direction *way, int64_t delay) {
  for (int burst = 0; burst < BURST && way->count < SLOTS; burst++) {
    unsigned slot = (way->first + way->count) % SLOTS;
    int length = read(way->from, way->packets[slot], PACKET_BYTES);
    if (length <= 0) return;
    way->length[slot] = length;
    way->due[slot] = now() + delay;
    way->count++;
  }
}

// If a device refuses a packet, the packet is dropped, as on a real link.
static void let_out(struct direction *way) {
  int64_t time = now();
  while (way->count > 0 && way->due[way->first] <= time) {
    if (write(way->to, way->packets[way->first], way->length[way->first]) < 0) { /* dropped */ }
    way->first = (way->first + 1) % SLOTS;
    way->count--;
  }
}

static int64_t wait_of(const struct direction *way, int64_t wait) {
  if (way->count == 0) return wait;
  int64_t left = way->due[way->first] - now();
  return left < 0 ? 0 : left < wait ? left : wait;
}

int main(int count, char **words) {
  if (count != 4) return 2;
  int near = open_device(words[1]), far = open_device(words[2]);
  int64_t delay = atoll(words[3]) * 1000;
  out.from = back.to = near;
  out.to = back.from = far;
  puts("ready");
  fflush(stdout);
  struct pollfd ready[] = {{.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}, {.fd = 0, .events = POLLIN}};
  while (ready[2].revents == 0) {
    int64_t wait = wait_of(&out, wait_of(&back, 1000000000LL));
    struct timespec limit = {.tv_sec = wait / 1000000000LL, .tv_nsec = wait % 1000000000LL};
    ppoll(ready, 3, &limit, NULL);
    take_in(&out, delay);
    take_in(&back, delay);
    let_out(&out);
    let_out(&back);
  }
  return 0;
}
