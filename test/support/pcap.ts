/** Packet captures in libpcap's classic format: read, and made for programs that decode packets. */

const MAGIC = 0xa1b2c3d4
const FILE_HEAD_BYTES = 24
const RECORD_HEAD_BYTES = 16
const ETHERNET = 1

const ETHERNET_HEAD_BYTES = 14
const ETHERTYPE_AT = 12
const IPV4 = 0x0800
const IPV6 = 0x86dd
const PTP = 0x88f7
const UDP = 17
const UDP_HEAD_BYTES = 8
const IPV4_HEAD_BYTES = 20
const IPV6_HEAD_BYTES = 40

/** The frames of an Ethernet capture, in order. Throws for another format. */
function readFrames(capture: Uint8Array): readonly Uint8Array[] {
  const view = new DataView(capture.buffer, capture.byteOffset, capture.length)
  const littleEndian = view.getUint32(0, true) === MAGIC
  if (!littleEndian && view.getUint32(0) !== MAGIC) throw new Error('expected a pcap file with microseconds')
  if (view.getUint32(20, littleEndian) !== ETHERNET) throw new Error('expected a capture of Ethernet')
  const frames: Uint8Array[] = []
  for (let at = FILE_HEAD_BYTES; at < capture.length; ) {
    const bytes = view.getUint32(at + 8, littleEndian)
    at += RECORD_HEAD_BYTES
    frames.push(capture.subarray(at, at + bytes))
    at += bytes
  }
  return frames
}

/** The PTP messages of a capture, over UDP on IPv4 or right on Ethernet, each with the padding of its frame. */
export function readPtpMessages(capture: Uint8Array): readonly Uint8Array[] {
  return readFrames(capture).map((frame) => {
    const etherType = ((frame[ETHERTYPE_AT] ?? 0) << 8) | (frame[ETHERTYPE_AT + 1] ?? 0)
    if (etherType === PTP) return frame.subarray(ETHERNET_HEAD_BYTES)
    if (etherType !== IPV4) throw new Error(`expected IPv4 or PTP, got ethertype ${etherType.toString(16)}`)
    const ipHeadBytes = ((frame[ETHERNET_HEAD_BYTES] ?? 0) & 0x0f) * 4
    return frame.subarray(ETHERNET_HEAD_BYTES + ipHeadBytes + UDP_HEAD_BYTES)
  })
}

/** One datagram of a capture that is made. */
export interface Datagram {
  readonly network: 'udp4' | 'udp6'
  readonly port: number
  readonly payload: Uint8Array
}

/** A capture of datagrams, a millisecond apart, from and to addresses for documentation. Checksums are 0, where that is allowed, or right. */
export function writeCapture(datagrams: readonly Datagram[]): Uint8Array {
  const head = new DataView(new ArrayBuffer(FILE_HEAD_BYTES))
  head.setUint32(0, MAGIC)
  head.setUint16(4, 2)
  head.setUint16(6, 4)
  head.setUint32(16, 0xffff)
  head.setUint32(20, ETHERNET)
  const records = datagrams.map((datagram, index) => {
    const frame = frameOf(datagram)
    const record = new DataView(new ArrayBuffer(RECORD_HEAD_BYTES))
    record.setUint32(4, index * 1000)
    record.setUint32(8, frame.length)
    record.setUint32(12, frame.length)
    return Buffer.concat([new Uint8Array(record.buffer), frame])
  })
  return Buffer.concat([new Uint8Array(head.buffer), ...records])
}

function frameOf({ network, port, payload }: Datagram): Uint8Array {
  const ethernet = new Uint8Array(ETHERNET_HEAD_BYTES)
  ethernet.set(network === 'udp4' ? [IPV4 >> 8, IPV4 & 0xff] : [IPV6 >> 8, IPV6 & 0xff], ETHERTYPE_AT)
  const udp = new DataView(new ArrayBuffer(UDP_HEAD_BYTES))
  udp.setUint16(0, port)
  udp.setUint16(2, port)
  udp.setUint16(4, UDP_HEAD_BYTES + payload.length)
  const ip = network === 'udp4' ? ipv4Head(payload.length) : ipv6Head(payload.length)
  if (network === 'udp6') {
    const pseudo = new DataView(new ArrayBuffer(8))
    pseudo.setUint32(0, UDP_HEAD_BYTES + payload.length)
    pseudo.setUint32(4, UDP)
    const covered = Buffer.concat([ip.subarray(8), new Uint8Array(pseudo.buffer), new Uint8Array(udp.buffer), payload])
    udp.setUint16(6, checksumOf(covered))
  }
  return Buffer.concat([ethernet, ip, new Uint8Array(udp.buffer), payload])
}

function ipv4Head(payloadBytes: number): Uint8Array {
  const head = new DataView(new ArrayBuffer(IPV4_HEAD_BYTES))
  head.setUint16(0, 0x4500)
  head.setUint16(2, IPV4_HEAD_BYTES + UDP_HEAD_BYTES + payloadBytes)
  head.setUint16(8, 0x0100 | UDP)
  head.setUint32(12, 0xc0_00_02_01)
  head.setUint32(16, 0xe0_00_01_81)
  head.setUint16(10, checksumOf(new Uint8Array(head.buffer)))
  return new Uint8Array(head.buffer)
}

function ipv6Head(payloadBytes: number): Uint8Array {
  const head = new DataView(new ArrayBuffer(IPV6_HEAD_BYTES))
  head.setUint32(0, 0x60000000)
  head.setUint16(4, UDP_HEAD_BYTES + payloadBytes)
  head.setUint16(6, (UDP << 8) | 1)
  head.setUint32(8, 0x20_01_0d_b8)
  head.setUint8(23, 1)
  head.setUint16(24, 0xff0e)
  head.setUint16(38, 0x0181)
  return new Uint8Array(head.buffer)
}

/** RFC 1071. */
function checksumOf(bytes: Uint8Array): number {
  let sum = 0
  for (let at = 0; at < bytes.length; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16)
  return ~sum & 0xffff
}
