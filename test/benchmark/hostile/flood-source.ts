/**
 * The load generator, in C so that it takes little of the processor that it shares with what it attacks. It opens `rate`
 * connections a second (or sends as many datagrams), from the source addresses in turn, does with each what its kind says,
 * and at the end says in one line of JSON what became of them. It ends every connection by a reset, and keeps no more than
 * `OPEN_MAX` open: the oldest makes room.
 *
 *   flood HOST PORT RATE SECONDS KIND FILE SOURCE…
 */
export const FLOOD_SOURCE = String.raw`
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { OPEN_MAX = 4000, FD_MAX = 8192 };
struct conn { int fd; int connected; long in; size_t sent; double next; unsigned serial; };
static struct conn conns[FD_MAX];
static int ring[OPEN_MAX];
static unsigned serials[OPEN_MAX];
static unsigned long opened, connected, answered, closed, failed;
static unsigned head;
static int open_now, ep;
static unsigned char payload[65536];
static size_t payload_length;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec + t.tv_nsec / 1e9;
}

static void drop(int fd) {
  struct conn *c = &conns[fd];
  if (c->fd != fd) return;
  c->fd = -1;
  open_now--;
  close(fd);
}

static void act(struct conn *c, const char *kind, double at) {
  if (strcmp(kind, "connect") == 0) drop(c->fd);
  else if (strcmp(kind, "hello") == 0 || strcmp(kind, "garbage") == 0) {
    ssize_t n = send(c->fd, payload, payload_length, MSG_NOSIGNAL);
    if (n > 0) c->sent = n;
  } else if (strcmp(kind, "loris") == 0) c->next = at;
}

static void start(struct sockaddr_in *to, struct sockaddr_in *from) {
  int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || fd >= FD_MAX) { failed++; if (fd >= 0) close(fd); return; }
  struct linger reset = { 1, 0 };
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  int one = 1;
  setsockopt(fd, IPPROTO_IP, 24 /* IP_BIND_ADDRESS_NO_PORT */, &one, sizeof one);
  if (from && bind(fd, (struct sockaddr *)from, sizeof *from) != 0) { failed++; close(fd); return; }
  opened++;
  if (connect(fd, (struct sockaddr *)to, sizeof *to) != 0 && errno != EINPROGRESS) { failed++; close(fd); return; }
  unsigned slot = head++ % OPEN_MAX;
  int old = ring[slot];
  if (head > OPEN_MAX && conns[old].fd == old && conns[old].serial == serials[slot]) drop(old);
  ring[slot] = fd;
  serials[slot] = head;
  conns[fd] = (struct conn){ .fd = fd, .serial = head };
  open_now++;
  struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP, .data.fd = fd };
  epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static void events(const char *kind, double at) {
  static struct epoll_event ready[512];
  static char sink[65536];
  int n = epoll_wait(ep, ready, 512, 1);
  for (int i = 0; i < n; i++) {
    int fd = ready[i].data.fd;
    struct conn *c = &conns[fd];
    if (c->fd != fd) continue;
    if (!c->connected && (ready[i].events & EPOLLOUT) && !(ready[i].events & EPOLLERR)) {
      c->connected = 1;
      connected++;
      act(c, kind, at);
      if (c->fd != fd) continue;
    }
    if (ready[i].events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) {
      for (;;) {
        ssize_t got = recv(fd, sink, sizeof sink, 0);
        if (got > 0) { if (c->in == 0) answered++; c->in += got; continue; }
        if (got < 0 && errno == EAGAIN) break;
        if (c->connected) closed++; else failed++;
        drop(fd);
        break;
      }
    }
  }
}

static void trickle(double at) {
  for (int fd = 0; fd < FD_MAX; fd++) {
    struct conn *c = &conns[fd];
    if (c->fd != fd || !c->connected || c->next == 0 || c->next > at || c->sent >= payload_length) continue;
    if (send(fd, payload + c->sent, 1, MSG_NOSIGNAL) == 1) c->sent++;
    c->next = at + 0.1;
  }
}

static void datagrams(struct sockaddr_in *to, struct sockaddr_in *from, int sources, double rate, double seconds) {
  int fds[256];
  for (int i = 0; i < sources; i++) {
    fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(fds[i], (struct sockaddr *)&from[i], sizeof from[i]) != 0) failed++;
  }
  double begun = now();
  for (double at = begun; at < begun + seconds; at = now()) {
    while (opened < (at - begun) * rate) {
      if (sendto(fds[opened % sources], payload, payload_length, MSG_DONTWAIT, (struct sockaddr *)to, sizeof *to) < 0) failed++;
      opened++;
    }
    usleep(1000);
  }
}

int main(int argc, char **argv) {
  if (argc < 8) return 2;
  struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(atoi(argv[2])) };
  inet_pton(AF_INET, argv[1], &to.sin_addr);
  double rate = atof(argv[3]), seconds = atof(argv[4]);
  const char *kind = argv[5];
  FILE *file = fopen(argv[6], "rb");
  if (file) { payload_length = fread(payload, 1, sizeof payload, file); fclose(file); }
  int sources = argc - 7 > 256 ? 256 : argc - 7;
  static struct sockaddr_in from[256];
  for (int i = 0; i < sources; i++) {
    from[i].sin_family = AF_INET;
    inet_pton(AF_INET, argv[7 + i], &from[i].sin_addr);
  }
  struct rlimit files = { FD_MAX, FD_MAX };
  setrlimit(RLIMIT_NOFILE, &files);
  for (int i = 0; i < FD_MAX; i++) conns[i].fd = -1;
  if (strcmp(kind, "udp") == 0) datagrams(&to, from, sources, rate, seconds);
  else {
    ep = epoll_create1(EPOLL_CLOEXEC);
    double begun = now(), trickled = begun;
    for (double at = begun; at < begun + seconds; at = now()) {
      while (opened + failed < (at - begun) * rate) start(&to, &from[opened % sources]);
      events(kind, at);
      if (strcmp(kind, "loris") == 0 && at - trickled > 0.02) { trickle(at); trickled = at; }
    }
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  double cpu = used.ru_utime.tv_sec + used.ru_stime.tv_sec + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e6;
  printf("{\"opened\":%lu,\"connected\":%lu,\"answered\":%lu,\"closed\":%lu,\"failed\":%lu,\"open\":%d,\"cpuS\":%.2f}\n",
         opened, connected, answered, closed, failed, open_now, cpu);
  return 0;
}
`
