import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { type TestContext, test } from 'node:test'
import { compileC } from '../../test/support/c-program.ts'
import { unwrap } from '../../test/support/results.ts'
import * as nic from './interface-abi.ts'
import * as abi from './socket-abi.ts'
import { decodeSocketAddress, encodeSocketAddress, parseAddress } from './socket-address.ts'
import * as stamping from './stamping-abi.ts'

/** The headers of the kernel and the C library are the judge: a C program says the numbers, and fills the structures. */

const HEADERS = `#define _GNU_SOURCE
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <linux/errqueue.h>
#include <linux/ethtool.h>
#include <linux/net_tstamp.h>
#include <linux/sockios.h>
static void hex(const void *from, size_t length) {
  for (size_t at = 0; at < length; at++) printf("%02x", ((const unsigned char *)from)[at]);
  printf("\\n");
}
`

function runC(t: TestContext, main: string): readonly string[] | undefined {
  const program = compileC(t, `${HEADERS}int main(void) {\n${main}\nreturn 0; }\n`)
  return program === undefined ? undefined : execFileSync(program, { encoding: 'utf8' }).trim().split('\n')
}

function bytesOf(hex: string | undefined): Uint8Array {
  return Uint8Array.from(Buffer.from(hex ?? '', 'hex'))
}

const SOCKETS: Readonly<Record<string, number>> = {
  AF_INET: abi.AF_INET,
  AF_INET6: abi.AF_INET6,
  SOL_SOCKET: abi.SOL_SOCKET,
  SO_REUSEADDR: abi.SO_REUSEADDR,
  SO_ERROR: abi.SO_ERROR,
  SO_RCVBUF: abi.SO_RCVBUF,
  SO_BINDTODEVICE: abi.SO_BINDTODEVICE,
  IPPROTO_IP: abi.IPPROTO_IP,
  IP_RECVERR: abi.IP_RECVERR,
  IP_MULTICAST_IF: abi.IP_MULTICAST_IF,
  IP_MULTICAST_TTL: abi.IP_MULTICAST_TTL,
  IP_MULTICAST_LOOP: abi.IP_MULTICAST_LOOP,
  IP_ADD_MEMBERSHIP: abi.IP_ADD_MEMBERSHIP,
  IP_MULTICAST_ALL: abi.IP_MULTICAST_ALL,
  IPPROTO_IPV6: abi.IPPROTO_IPV6,
  IPV6_MULTICAST_IF: abi.IPV6_MULTICAST_IF,
  IPV6_MULTICAST_HOPS: abi.IPV6_MULTICAST_HOPS,
  IPV6_MULTICAST_LOOP: abi.IPV6_MULTICAST_LOOP,
  IPV6_JOIN_GROUP: abi.IPV6_JOIN_GROUP,
  IPV6_RECVERR: abi.IPV6_RECVERR,
  IPV6_V6ONLY: abi.IPV6_V6ONLY,
  IPV6_MULTICAST_ALL: abi.IPV6_MULTICAST_ALL,
  MSG_CTRUNC: abi.MSG_CTRUNC,
  MSG_TRUNC: abi.MSG_TRUNC,
  MSG_DONTWAIT: abi.MSG_DONTWAIT,
  MSG_ERRQUEUE: abi.MSG_ERRQUEUE,
  'sizeof(struct msghdr)': abi.MESSAGE_BYTES,
  'offsetof(struct msghdr, msg_name)': abi.MESSAGE_NAME_AT,
  'offsetof(struct msghdr, msg_namelen)': abi.MESSAGE_NAME_LENGTH_AT,
  'offsetof(struct msghdr, msg_iov)': abi.MESSAGE_VECTOR_AT,
  'offsetof(struct msghdr, msg_iovlen)': abi.MESSAGE_VECTOR_LENGTH_AT,
  'offsetof(struct msghdr, msg_control)': abi.MESSAGE_CONTROL_AT,
  'offsetof(struct msghdr, msg_controllen)': abi.MESSAGE_CONTROL_LENGTH_AT,
  'offsetof(struct msghdr, msg_flags)': abi.MESSAGE_FLAGS_AT,
  'sizeof(struct iovec)': abi.VECTOR_BYTES,
  'sizeof(struct sockaddr_in6)': abi.ADDRESS_BYTES_MAX,
  'sizeof(struct pollfd)': abi.POLL_BYTES,
  'offsetof(struct pollfd, events)': abi.POLL_WANTED_AT,
  'offsetof(struct pollfd, revents)': abi.POLL_READY_AT,
  POLLIN: abi.POLLIN,
  POLLERR: abi.POLLERR,
  POLLNVAL: abi.POLLNVAL,
}

const STAMPS: Readonly<Record<string, number>> = {
  SO_TIMESTAMPING: stamping.SO_TIMESTAMPING,
  SOF_TIMESTAMPING_TX_HARDWARE: stamping.SOF_TX_HARDWARE,
  SOF_TIMESTAMPING_TX_SOFTWARE: stamping.SOF_TX_SOFTWARE,
  SOF_TIMESTAMPING_RX_HARDWARE: stamping.SOF_RX_HARDWARE,
  SOF_TIMESTAMPING_RX_SOFTWARE: stamping.SOF_RX_SOFTWARE,
  SOF_TIMESTAMPING_SOFTWARE: stamping.SOF_SOFTWARE,
  SOF_TIMESTAMPING_RAW_HARDWARE: stamping.SOF_RAW_HARDWARE,
  SO_EE_ORIGIN_TIMESTAMPING: stamping.SO_EE_ORIGIN_TIMESTAMPING,
  SCM_TSTAMP_SND: stamping.SCM_TSTAMP_SND,
  SIOCETHTOOL: nic.SIOCETHTOOL,
  SIOCSHWTSTAMP: nic.SIOCSHWTSTAMP,
  SIOCGHWTSTAMP: nic.SIOCGHWTSTAMP,
  ETHTOOL_GET_TS_INFO: nic.ETHTOOL_GET_TS_INFO,
  'sizeof(struct ifreq)': nic.INTERFACE_REQUEST_BYTES,
  'offsetof(struct ifreq, ifr_data)': nic.INTERFACE_REQUEST_DATA_AT,
  'sizeof(struct ethtool_ts_info)': nic.STAMPING_INFO_BYTES,
  'sizeof(struct hwtstamp_config)': nic.STAMPING_CONFIG_BYTES,
  HWTSTAMP_TX_ON: nic.HWTSTAMP_TX_ON,
  HWTSTAMP_FILTER_NONE: nic.HWTSTAMP_FILTER_NONE,
  HWTSTAMP_FILTER_ALL: nic.HWTSTAMP_FILTER_ALL,
  HWTSTAMP_FILTER_PTP_V2_L4_EVENT: nic.HWTSTAMP_FILTER_PTP_V2_L4_EVENT,
  HWTSTAMP_FILTER_PTP_V2_EVENT: nic.HWTSTAMP_FILTER_PTP_V2_EVENT,
}

for (const [what, numbers] of Object.entries({ sockets: SOCKETS, stamps: STAMPS })) {
  test(`the numbers of ${what} are those of the headers`, (t) => {
    const names = Object.keys(numbers)
    const said = runC(t, names.map((name) => `printf("%lu\\n", (unsigned long)(${name}));`).join('\n'))
    if (said === undefined) return
    assert.deepEqual(Object.fromEntries(names.map((name, at) => [name, Number(said[at])])), numbers)
  })
}

test('addresses and groups are written as C has them', (t) => {
  const said = runC(
    t,
    `struct sockaddr_in a4; memset(&a4, 0, sizeof a4); a4.sin_family = AF_INET; a4.sin_port = htons(319);
     inet_pton(AF_INET, "192.0.2.7", &a4.sin_addr); hex(&a4, sizeof a4);
     struct sockaddr_in6 a6; memset(&a6, 0, sizeof a6); a6.sin6_family = AF_INET6; a6.sin6_port = htons(320);
     inet_pton(AF_INET6, "fe80::1:0:0:2", &a6.sin6_addr); a6.sin6_scope_id = 3; hex(&a6, sizeof a6);
     struct ip_mreqn g4; memset(&g4, 0, sizeof g4); inet_pton(AF_INET, "224.0.1.129", &g4.imr_multiaddr); g4.imr_ifindex = 5; hex(&g4, sizeof g4);
     struct ipv6_mreq g6; memset(&g6, 0, sizeof g6); inet_pton(AF_INET6, "ff0e::181", &g6.ipv6mr_multiaddr); g6.ipv6mr_interface = 6; hex(&g6, sizeof g6);`,
  )
  if (said === undefined) return
  const [a4, a6, g4, g6] = said.map(bytesOf)
  assert.ok(a4 && a6 && g4 && g6)
  const parts = (text: string) => unwrap(parseAddress(text))
  assert.deepEqual(encodeSocketAddress(parts('192.0.2.7'), 319), a4)
  assert.deepEqual(encodeSocketAddress(parts('fe80::1:0:0:2%3'), 320), a6)
  assert.deepEqual(decodeSocketAddress(a4), { address: '192.0.2.7', port: 319 })
  assert.deepEqual(decodeSocketAddress(a6), { address: 'fe80::1:0:0:2%3', port: 320 })
  assert.deepEqual(abi.groupRequest4(parts('224.0.1.129').bytes, 5), g4)
  assert.deepEqual(abi.groupRequest6(parts('ff0e::181').bytes, 6), g6)
})

test('control data is read from where C puts it', (t) => {
  const said = runC(
    t,
    `char room[256]; memset(room, 0, sizeof room); struct msghdr m; memset(&m, 0, sizeof m); m.msg_control = room; m.msg_controllen = sizeof room;
     struct cmsghdr *c = CMSG_FIRSTHDR(&m); c->cmsg_level = SOL_SOCKET; c->cmsg_type = SO_RXQ_OVFL; c->cmsg_len = CMSG_LEN(4);
     c = CMSG_NXTHDR(&m, c); c->cmsg_level = SOL_SOCKET; c->cmsg_type = SCM_TIMESTAMPING; c->cmsg_len = CMSG_LEN(sizeof(struct scm_timestamping));
     struct scm_timestamping *s = (void *)CMSG_DATA(c); s->ts[0].tv_sec = 1700000000; s->ts[0].tv_nsec = 5; s->ts[2].tv_sec = 7; s->ts[2].tv_nsec = 999999999;
     c = CMSG_NXTHDR(&m, c); c->cmsg_level = SOL_IPV6; c->cmsg_type = IPV6_RECVERR; c->cmsg_len = CMSG_LEN(sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in6));
     struct sock_extended_err *e = (void *)CMSG_DATA(c); e->ee_errno = 42; e->ee_origin = SO_EE_ORIGIN_TIMESTAMPING; e->ee_info = SCM_TSTAMP_ACK;
     hex(room, (char *)CMSG_NXTHDR(&m, c) - room);
     struct ethtool_ts_info i; memset(&i, 0, sizeof i); i.so_timestamping = 0x5f; i.phc_index = 4; i.tx_types = 3; i.rx_filters = 0x1002; hex(&i, sizeof i);
     i.phc_index = -1; hex(&i, sizeof i);
     struct hwtstamp_config h; memset(&h, 0, sizeof h); h.tx_type = HWTSTAMP_TX_ON; h.rx_filter = HWTSTAMP_FILTER_PTP_V2_EVENT; hex(&h, sizeof h);`,
  )
  if (said === undefined) return
  const [control, info, without, config] = said.map(bytesOf)
  assert.ok(control && info && without && config)
  const data = { softwareNs: 1_700_000_000_000_000_005n, hardwareNs: 7_999_999_999n, error: { origin: 4, info: 2 } }
  assert.deepEqual(stamping.readControlData(control), data)
  const offered = { capabilities: 0x5f, clock: 4, transmitTypes: 3, receiveFilters: 0x1002 }
  assert.deepEqual(nic.readStampingInfo(info), offered)
  assert.deepEqual(nic.readStampingInfo(without), { ...offered, clock: undefined })
  assert.deepEqual(nic.encodeStampingConfig({ transmitType: 1, receiveFilter: 12 }), config)
  assert.deepEqual(nic.readStampingConfig(config), { transmitType: 1, receiveFilter: 12 })
})
