import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DriverStatus } from '../../../drivers/driver.ts'
import { recordOf } from '../../../test/support/attestation-records.ts'
import { unwrap } from '../../../test/support/results.ts'
import { decodeRecord, encodeRecord } from '../../attestation/record.ts'
import { readHostParts } from './host-parts.ts'
import { inventoryOf } from './inventory.ts'

function status(identity: string | undefined, details: DriverStatus['details'] = {}): DriverStatus {
  return { quality: 'unknown', dependsOn: 'own', alarms: [], details, ...(identity === undefined ? {} : { identity }) }
}

const HOST = {
  boards: [
    { name: 'board', maker: 'Super', model: 'X11', version: '1.0', serialNumber: 'S1', firmware: 'AMI 2.7' },
    { name: 'chassis', maker: '', model: '', version: '', serialNumber: '-', firmware: '' },
  ],
  cards: [{ name: 'eno1', driver: 'igb', address: '02:00:00:00:00:01', firmware: '' }],
}

test('parts are told as they describe themselves, in the order of the format, and a record holds them', () => {
  const inventory = inventoryOf(
    [
      { name: 'gpsdo0', kind: 'smartclock', status: status('HEWLETT-PACKARD,58503A,3711A00123,3805') },
      { name: 'csac0', kind: 'csac-sa45s', status: status('Microchip SA.45s', { serial: 'C7', firmware: '1.09' }) },
      { name: 'gnss0', kind: 'nmea-receiver', status: undefined },
    ],
    HOST,
  )
  const kept = decodeRecord(encodeRecord(recordOf({ inventory })))
  assert.deepEqual(unwrap(kept).statement.inventory, inventory)
  assert.deepEqual(
    inventory.map(({ part, name, kind, serialNumber, firmware }) => [part, name, kind, serialNumber, firmware]),
    [
      ['instrument', 'csac0', 'csac-sa45s', 'C7', '1.09'],
      ['instrument', 'gnss0', 'nmea-receiver', undefined, undefined],
      ['instrument', 'gpsdo0', 'smartclock', '3711A00123', '3805'],
      ['board', 'board', 'X11', 'S1', 'AMI 2.7'],
      ['network-card', 'eno1', 'igb', '02:00:00:00:00:01', undefined],
    ],
  )
})

test('whatever an instrument says of itself fits', () => {
  const told = `\u0000é${'x'.repeat(1_000)},\n,,`
  const [item] = inventoryOf(
    [{ name: 'odd', kind: 'odd', status: status(told, { serial: ' ', firmware: true }) }],
    undefined,
  )
  assert.ok(item?.identity?.length === 256)
  assert.deepEqual([item.serialNumber, item.firmware], [undefined, 'true'])
  unwrap(decodeRecord(encodeRecord(recordOf({ inventory: [item] }))))
})

test('the parts of this very machine fit, whatever it is', async () => {
  const parts = unwrap(await readHostParts())
  unwrap(decodeRecord(encodeRecord(recordOf({ inventory: inventoryOf([], parts) }))))
  assert.ok(parts.boards.length === 2)
})
